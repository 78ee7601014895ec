"""Which class a Java program begins with."""

import time

import pytest

from adapters.sandbox.java import file_name, main_class

MAIN = "public static void main(String[] args) { }"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"class A {{ {MAIN} }}", "A"),
        (f"class A {{ }} class B {{ {MAIN} }}", "B"),
        (f"class A {{ {MAIN} }} public class B {{ {MAIN} }}", "B"),
        (f"package a.b;\npublic final class C {{ {MAIN} }}", "a.b.C"),
        (f"class A {{ static class In {{ {MAIN} }} }} class B {{ {MAIN} }}", "B"),
        (f"// class X {{ {MAIN} }}\nclass A {{ {MAIN} }}", "A"),
        (f'class A {{ String s = "}} class X {{"; {MAIN} }}', "A"),
        (f"record P(int x) {{ {MAIN} }}", "P"),
        (f"interface I {{ {MAIN.replace('public ', '')} }}", "I"),
        ("class A { static public final void main(final String... a) {} }", "A"),
        ("class Lost { }", "Lost"),
        (f"/** public class X */ /* * // */ class A {{ {MAIN} }}", "A"),
        (f'class A {{ String s = """\n"}} class X {{ \\""" """; {MAIN} }}', "A"),
        (f"class A {{ char c = '\\'', d = '\"', e = '{{'; {MAIN} }}", "A"),
        (f"@Of(B.class) public class A<T> {{ {MAIN} }}", "A"),
        (f"package a . b ; import c.D; class $A {{ {MAIN} }}", "a.b.$A"),
        (f"sealed interface S permits T {{ }} non-sealed class T implements S {{ {MAIN} }}", "T"),
        ("class A { static <T> void main(T a) { } /* never ends", "A"),
        ("", "Main"),
    ],
)
def test_the_class_with_main_is_found(source: str, expected: str) -> None:
    assert main_class((source,)) == expected


def test_the_first_file_goes_before_the_others() -> None:
    assert main_class((f"class A {{ {MAIN} }}", f"public class B {{ {MAIN} }}")) == "A"
    assert main_class(("class A { }", f"class B {{ {MAIN} }}")) == "B"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("public class Echo { }", "Echo.java"),
        ("class Helper { } public class Echo { }", "Echo.java"),
        ("class A { public static class In { } }", "Main.java"),
        ("nonsense", "Main.java"),
        (f"public class {'A' * 300} {{ }}", "Main.java"),
    ],
)
def test_a_lone_source_is_named_for_its_public_class(source: str, expected: str) -> None:
    assert file_name(source) == expected


HOSTILE = (
    *("/* ", "/*", "*", "/", "//", "\n", " ", '"', '"""', '"""\\', "'", "\\", '"\\\n', '""" " '),
    *("static ", "final ", "public ", "class ", "class A", "a", "package ", "void main(", "{", "}"),
    *("class A{static void main(", "static void main", "public final ", "import a;\n", "record "),
)


@pytest.mark.parametrize("before", ["", "class A { ", "/*", '"""', "package "])
@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_source_takes_long(pattern: str, before: str) -> None:
    source = before + pattern * (65_536 // len(pattern))
    began = time.process_time()

    main_class((source,))
    file_name(source)

    assert time.process_time() - began < 1
