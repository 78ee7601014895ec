"""Judge0's numbers of languages, and what each of them is on this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from domain.ids import LanguageId
from domain.language import Language
from domain.ticket import Flavour

MULTI_FILE = 89
_COMPILED = frozenset(
    {"c", "cpp", "csharp", "go", "haskell", "java", "kotlin", "ocaml", "pascal", "rust"}
    | {"typescript"}
)
"""Where options for a compiler are options of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A number that clients use: the language it means, and what its name is made of."""

    number: int
    label: str
    language: str
    file_name: str | None
    is_listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A number that can be used here."""

    number: int
    name: str
    language: LanguageId
    file_name: str | None
    compile_command: str | None
    run_command: str
    is_compiled: bool
    is_listed: bool


def _known(label: str, language: str, file_name: str, *numbers: int) -> tuple[Known, ...]:
    """Several versions there are one here. Numbers from 90 on are its cloud's: taken, not shown."""
    return tuple(
        Known(
            number=number,
            label=label,
            language=language,
            file_name=file_name,
            is_listed=number < MULTI_FILE,
        )
        for number in numbers
    )


_RAW = (
    Known(number=43, label="Plain Text", language="plaintext", file_name="text.txt"),
    Known(number=44, label="Executable", language="executable", file_name="a.out"),
)
_SEVERAL = (
    Known(number=MULTI_FILE, label="Multi-file program", language="multifile", file_name=None),
)
_TABLES: Mapping[Flavour, tuple[Known, ...]] = {
    Flavour.COMMON: (
        *_RAW,
        *_known("Bash ({})", "bash", "script.sh", 46),
        *_known("C (GCC {})", "c", "main.c", 48, 49, 50, 103),
        *_known("C# (Mono {})", "csharp", "Main.cs", 51),
        *_known("C++ (GCC {})", "cpp", "main.cpp", 52, 53, 54, 105),
        *_known("Go ({})", "go", "main.go", 60, 95, 106, 107),
        *_known("Haskell (GHC {})", "haskell", "main.hs", 61),
        *_known("Java (OpenJDK {})", "java", "Main.java", 62, 91),
        *_known("JavaScript (Node.js {})", "javascript", "script.js", 63, 93, 97, 102),
        *_known("Kotlin ({})", "kotlin", "Main.kt", 78, 111),
        *_known("Lua ({})", "lua", "script.lua", 64),
        *_known("OCaml ({})", "ocaml", "main.ml", 65),
        *_known("PHP ({})", "php", "script.php", 68, 98),
        *_known("Pascal (FPC {})", "pascal", "main.pas", 67),
        *_known("Perl ({})", "perl", "script.pl", 85),
        *_known("Python ({})", "python3", "script.py", 71, 92, 100, 109, 113),
        *_known("R ({})", "r", "script.r", 80, 99),
        *_known("Ruby ({})", "ruby", "script.rb", 72),
        *_known("Rust ({})", "rust", "main.rs", 73, 108),
        *_known("SQL (SQLite {})", "sqlite", "script.sql", 82),
        *_known("TypeScript ({})", "typescript", "script.ts", 74, 94, 101),
        *_SEVERAL,
    ),
    Flavour.EXTRA: (
        *_known("C (GCC {})", "c", "main.c", 1, 13),
        *_known("C++ (GCC {})", "cpp", "main.cpp", 2, 14),
        *_known("Java (OpenJDK {})", "java", "Main.java", 4),
        *_known("Python for ML ({})", "python3", "script.py", 10),
        *_known("C# (Mono {})", "csharp", "Main.cs", 22),
        *_SEVERAL,
    ),
}
_ARCHIVED: Mapping[Flavour, Mapping[int, str]] = {
    Flavour.COMMON: dict(
        enumerate(
            (
                *("Bash (4.4)", "Bash (4.0)", "Basic (fbc 1.05.0)"),
                *(f"C (gcc {v})" for v in ("7.2.0", "6.4.0", "6.3.0", "5.4.0", "4.9.4", "4.8.5")),
                *(f"C++ (g++ {v})" for v in ("7.2.0", "6.4.0", "6.3.0", "5.4.0", "4.9.4", "4.8.5")),
                *("C# (mono 5.4.0.167)", "C# (mono 5.2.0.224)", "Clojure (1.8.0)"),
                *("Crystal (0.23.1)", "Elixir (1.5.1)", "Erlang (OTP 20.0)", "Go (1.9)"),
                *("Haskell (ghc 8.2.1)", "Haskell (ghc 8.0.2)", "Insect (5.0.0)"),
                *("Java (OpenJDK 9 with Eclipse OpenJ9)", "Java (OpenJDK 8)", "Java (OpenJDK 7)"),
                *("JavaScript (nodejs 8.5.0)", "JavaScript (nodejs 7.10.1)", "OCaml (4.05.0)"),
                *("Octave (4.2.0)", "Pascal (fpc 3.0.0)", "Python (3.6.0)", "Python (3.5.3)"),
                *("Python (2.7.9)", "Python (2.6.9)", "Ruby (2.4.0)", "Ruby (2.3.3)"),
                *("Ruby (2.2.6)", "Ruby (2.1.9)", "Rust (1.20.0)"),
            ),
            start=1,
        )
    ),
    Flavour.EXTRA: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What one flavour offers, by number; and the numbers that it had once."""

    listed: Mapping[int, Listed]
    archived: Mapping[int, str]


def catalogue(flavour: Flavour, languages: Iterable[Language]) -> Catalogue:
    """The numbers whose languages there are."""
    here = {language.id: language for language in languages}
    listed = {
        known.number: _listed(known, here[LanguageId(known.language)])
        for known in _TABLES[flavour]
        if known.language in here
    }
    return Catalogue(listed=listed, archived=_ARCHIVED[flavour])


def _listed(known: Known, language: Language) -> Listed:
    return Listed(
        number=known.number,
        name=known.label.format(language.version),
        language=language.id,
        file_name=known.file_name and _file_name(known.file_name, language.file_name),
        compile_command=language.compile_command if language.id in _COMPILED else None,
        run_command=language.run_command,
        is_compiled=language.id in _COMPILED,
        is_listed=known.is_listed,
    )


def _file_name(there: str, here: str) -> str:
    """Its name at Judge0, unless the tools here expect another extension."""
    return there if PurePosixPath(there).suffix == PurePosixPath(here).suffix else here
