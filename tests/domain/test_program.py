import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidProgram, SourceTooLarge
from domain.program import (
    MAX_FILES,
    MAX_SOURCE_BYTES,
    Program,
    SourceFile,
    several_files,
    single_file,
)


def file(name: str, content: str = "") -> SourceFile:
    return SourceFile(name=name, content=content)


def files(*names: str) -> tuple[SourceFile, ...]:
    return tuple(file(name) for name in names)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_source_is_kept_as_it_was_handed_in(source: str) -> None:
    program = single_file(source)

    assert program.source == source
    assert program.size_bytes == len(source.encode())


@given(st.text(st.characters(), max_size=5))
def test_any_text_is_a_program_or_refused_as_one(source: str) -> None:
    sound = "\0" not in source and not any("\ud800" <= c <= "\udfff" for c in source)

    try:
        taken = single_file(source) == Program(files=(file("", source),))
    except InvalidProgram as refusal:
        taken = refusal.pointer != "/source"

    assert taken == sound


def test_files_are_kept_in_their_order_and_the_first_is_the_one_to_begin_with() -> None:
    program = several_files((file("b.py", "1\r\n"), file("a.py", "é")), None)

    assert [f.name for f in program.files] == ["b.py", "a.py"]
    assert program.source == "1\r\n"
    assert program.size_bytes == 5


def test_an_entry_point_says_where_to_begin() -> None:
    program = several_files((file("a.py", "a"), file("b.py", "b")), "b.py")

    assert program.main_file == file("b.py", "b")


@pytest.mark.parametrize("name", ["a", "_", "0", "Main.java", "a+b-c_d..e.", "x" * 255])
def test_a_plain_file_name_is_taken(name: str) -> None:
    assert several_files(files(name), name).main_file.name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-o",
        "+x",
        "a/b",
        "a\\b",
        "a b",
        "a\n",
        "a\0",
        "é.py",
        "a\u0661",
        "\ud800",
        "x" * 256,
        "C:x",
    ],
)
def test_a_file_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidProgram) as refusal:
        several_files(files("main.py", name), None)

    assert refusal.value.pointer == "/files/1/name"


def test_a_name_may_be_there_again_in_another_case() -> None:
    program = several_files((file("a.py", "1"), file("A.py", "2")), "A.py")

    assert program.source == "2"


def test_a_name_is_not_there_twice() -> None:
    with pytest.raises(InvalidProgram) as refusal:
        several_files(files("a.py", "b.py", "a.py"), None)

    assert refusal.value.pointer == "/files/2/name"


@pytest.mark.parametrize("count", [1, MAX_FILES])
def test_as_many_files_as_allowed_are_taken(count: int) -> None:
    program = several_files(files(*(f"f{n}" for n in range(count))), None)

    assert len(program.files) == count


@pytest.mark.parametrize("count", [0, MAX_FILES + 1])
def test_no_file_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(InvalidProgram) as refusal:
        several_files(files(*(f"f{n}" for n in range(count))), None)

    assert refusal.value.pointer == "/files"


@pytest.mark.parametrize("entry_point", ["", "b.py", "A.PY"])
def test_an_entry_point_is_one_of_the_files(entry_point: str) -> None:
    with pytest.raises(InvalidProgram) as refusal:
        several_files(files("a.py"), entry_point)

    assert refusal.value.pointer == "/entry_point"


@pytest.mark.parametrize("content", ["a\0", "\ud800", "\udfff!"])
def test_what_is_not_text_is_refused_with_its_place(content: str) -> None:
    with pytest.raises(InvalidProgram) as of_source:
        single_file(content)
    with pytest.raises(InvalidProgram) as of_file:
        several_files((file("a.py"), file("b.py", content)), None)

    assert of_source.value.pointer == "/source"
    assert of_file.value.pointer == "/files/1/content"


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
def test_size_is_counted_in_utf_8(character: str) -> None:
    fitting = character * (MAX_SOURCE_BYTES // len(character.encode()))

    with pytest.raises(SourceTooLarge) as refusal:
        single_file(fitting + character)

    assert single_file(fitting).source == fitting
    assert refusal.value.size_bytes == len((fitting + character).encode())
    assert refusal.value.max_bytes == MAX_SOURCE_BYTES


def test_size_is_that_of_all_files_together() -> None:
    half = "x" * (MAX_SOURCE_BYTES // 2)

    assert several_files((file("a", half), file("b", half)), None).size_bytes == MAX_SOURCE_BYTES

    with pytest.raises(SourceTooLarge):
        several_files((file("a", half), file("b", half + "x")), None)
