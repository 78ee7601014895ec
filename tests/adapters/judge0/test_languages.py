"""Which languages of a Judge0 are ours, by the names that it gives them."""

import pytest

from adapters.judge0.languages import TABLE, offers
from adapters.judge0.wire import Config, NamedLanguage
from adapters.sandbox.languages import TABLE as OF_SANDBOX
from domain.ids import LanguageId

RELEASE = {
    46: "Bash (5.0.0)",
    48: "C (GCC 7.4.0)",
    49: "C (GCC 8.3.0)",
    50: "C (GCC 9.2.0)",
    51: "C# (Mono 6.6.0.161)",
    52: "C++ (GCC 7.4.0)",
    54: "C++ (GCC 9.2.0)",
    60: "Go (1.13.5)",
    61: "Haskell (GHC 8.8.1)",
    62: "Java (OpenJDK 13.0.1)",
    63: "JavaScript (Node.js 12.14.0)",
    64: "Lua (5.3.5)",
    65: "OCaml (4.09.0)",
    67: "Pascal (FPC 3.0.4)",
    68: "PHP (7.4.1)",
    70: "Python (2.7.17)",
    71: "Python (3.8.1)",
    72: "Ruby (2.7.0)",
    73: "Rust (1.40.0)",
    74: "TypeScript (3.7.4)",
    75: "C (Clang 7.0.1)",
    76: "C++ (Clang 7.0.1)",
    78: "Kotlin (1.3.70)",
    80: "R (4.0.0)",
    79: "Objective-C (Clang 7.0.1)",
    85: "Perl (5.28.1)",
    89: "Multi-file program",
}
CLOUD = RELEASE | {
    91: "Java (JDK 17.0.6)",
    92: "Python (3.11.2)",
    93: "JavaScript (Node.js 18.15.0)",
    96: "JavaFX (JDK 17.0.6, OpenJFX 22.0.2)",
    97: "JavaScript (Node.js 20.17.0)",
    102: "JavaScript (Node.js 22.08.0)",
    103: "C (GCC 14.1.0)",
    105: "C++ (GCC 14.1.0)",
    104: "C (Clang 18.1.8)",
    106: "Go (1.22.0)",
    107: "Go (1.23.5)",
    113: "Python (3.14.0)",
}
EXTRA = {
    1: "C (Clang 10.0.1)",
    2: "C++ (Clang 10.0.1)",
    3: "C3 (latest)",
    4: "Java (OpenJDK 14.0.1)",
    5: "Java Test (OpenJDK 14.0.1, JUnit Platform Console Standalone 1.6.2)",
    6: "MPI (OpenRTE 3.1.3) with C (GCC 8.4.0)",
    10: "Python for ML (3.7.7)",
}


@pytest.mark.parametrize(
    ("known", "language", "judge0_id", "version"),
    [
        (RELEASE, "c", 50, "9.2.0"),
        (RELEASE, "cpp", 54, "9.2.0"),
        (RELEASE, "python3", 71, "3.8.1"),
        (RELEASE, "csharp", 51, "6.6.0.161"),
        (RELEASE, "java", 62, "13.0.1"),
        (CLOUD, "java", 91, "17.0.6"),
        (CLOUD, "c", 103, "14.1.0"),
        (CLOUD, "python3", 113, "3.14.0"),
        (CLOUD, "javascript", 102, "22.08.0"),
        (CLOUD, "go", 107, "1.23.5"),
        (EXTRA, "c", 1, "10.0.1"),
        (EXTRA, "java", 4, "14.0.1"),
    ],
)
def test_the_newest_version_of_a_language_is_taken(
    known: dict[int, str], language: str, judge0_id: int, version: str
) -> None:
    offer = offers(named(known))[LanguageId(language)]
    assert (offer.judge0_id, offer.language.version) == (judge0_id, version)


def test_what_we_have_no_name_for_is_not_offered() -> None:
    assert list(offers(named(EXTRA))) == ["c", "cpp", "java"]
    assert offers([]) == {}


def test_every_language_of_the_table_is_found_in_the_release_sorted_by_id() -> None:
    assert list(offers(named(RELEASE))) == sorted(entry.id for entry in TABLE)


def test_python_2_is_no_python_3() -> None:
    assert offers(named({70: "Python (2.7.17)"})) == {}


def test_commands_are_shown_as_one_would_type_them() -> None:
    language = offers(named(RELEASE))[LanguageId("go")].language
    assert (language.compile_command, language.run_command) == ("go build main.go", "./main")


def test_a_challenge_has_the_limits_that_it_has_in_the_sandbox() -> None:
    ours = {own.id: (own.name, own.time_factor, own.extra_memory_kib) for own in TABLE}
    theirs = {own.id: (own.name, own.time_factor, own.extra_memory_kib) for own in OF_SANDBOX}
    both = ours.keys() & theirs.keys()
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
    assert theirs.keys() - both == {"pypy3", "sqlite"}  # Judge0's SQL never sees its input


@pytest.mark.parametrize(
    ("language", "config", "takes"),
    [
        ("c", Config(), True),
        ("python3", Config(), False),
        ("c", Config(enable_compiler_options=False), False),
        ("c", Config(allowed_languages_for_compile_options=("C", "Java")), True),
        ("cpp", Config(allowed_languages_for_compile_options=("C", "Java")), False),
    ],
)
def test_compiler_options_are_for_whom_this_judge0_allows_them(
    language: str, config: Config, *, takes: bool
) -> None:
    assert offers(named(RELEASE))[LanguageId(language)].takes_options(config) is takes


def named(known: dict[int, str]) -> list[NamedLanguage]:
    return [NamedLanguage(id=number, name=name) for number, name in known.items()]
