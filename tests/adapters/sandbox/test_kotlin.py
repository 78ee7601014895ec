"""Which class a Kotlin program begins with."""

import time

import pytest

from adapters.sandbox.kotlin import main_class

MAIN = "fun main() { }"


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("Main.kt", MAIN, "MainKt"),
        ("main.kt", "fun main(args: Array<String>) { }", "MainKt"),
        ("two-words.kt", MAIN, "Two_wordsKt"),
        ("1.kt", MAIN, "_1Kt"),
        ("Main.kt", f"package a . b\nimport c.d\n{MAIN}", "a.b.MainKt"),
        ("Main.kt", f"package a.b; {MAIN}", "a.b.MainKt"),
        ("Main.kt", f"// package no\n/* package no */ {MAIN}", "MainKt"),
        ("Main.kt", f'@file:JvmName("Other")\npackage a\n{MAIN}', "a.Other"),
        ("Main.kt", "", "MainKt"),
        ("Main.kt", f"object Begin {{ @JvmStatic {MAIN} }}", "Begin"),
        ("Main.kt", f"package a\nclass B\nclass C {{ companion object {{ {MAIN} }} }}", "a.C"),
        ("Main.kt", f"class A {{ {MAIN} }}\n{MAIN}", "MainKt"),
    ],
)
def test_the_class_is_that_of_the_file(name: str, source: str, expected: str) -> None:
    assert main_class(((name, source),)) == expected


def test_the_file_with_main_is_found() -> None:
    method = "class A { fun main() { } }"
    assert main_class((("A.kt", method), ("B.kt", MAIN))) == "BKt"
    assert main_class((("A.kt", MAIN), ("B.kt", MAIN))) == "AKt"
    assert main_class((("A.kt", method), ("B.kt", method))) == "A"


@pytest.mark.parametrize(
    "pattern", ["package ", "fun main", "a.", '"', "/*", "@file:JvmName(", "{"]
)
def test_no_source_takes_long(pattern: str) -> None:
    source = pattern * (65_536 // len(pattern))
    began = time.process_time()

    main_class((("Main.kt", source),))

    assert time.process_time() - began < 1
