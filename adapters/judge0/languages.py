"""The languages of a Judge0: found by their names, as the numbers differ from server to server."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from adapters.judge0.wire import Config, NamedLanguage
from domain.ids import LanguageId
from domain.language import Language
from domain.limits import Limits

_MIB = 1 << 10
_LONGEST_NAME = 200
_VERSION = r"\(v?(\d[\w.]*)\)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One language of ours.

    `names` are the names it has at Judge0, the preferred first, with its version in a group.
    `file_name` is what Judge0 calls the one source file. `options` are the compiler's, put where
    `{options}` stands in `compile`. With `compiles_named` further sources of these extensions
    are named among the options, as the compiler does not find them by itself. The factors are the
    sandbox's, so that a challenge has the same limits wherever it is judged.
    """

    id: str
    name: str
    names: tuple[str, ...]
    file_name: str
    run: str
    compile: str | None = None
    options: str = ""
    compiles_named: tuple[str, ...] = ()
    time_factor: Fraction = Fraction(1)
    extra_memory_kib: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A language that this Judge0 has, by its number there."""

    entry: Entry
    judge0_id: int
    judge0_name: str
    language: Language

    def takes_options(self, config: Config) -> bool:
        """Whether a submission in this language may bring options for its compiler."""
        if self.entry.compile is None or not config.enable_compiler_options:
            return False
        allowed = config.allowed_languages_for_compile_options
        return not allowed or any(self.judge0_name.startswith(f"{name} ") for name in allowed)


TABLE = (
    Entry(
        id="c",
        name="C",
        names=(r"C \(GCC ([\d.]+)\)", r"C \(Clang ([\d.]+)\)"),
        file_name="main.c",
        compile="gcc {options} main.c",
        options="-O2 -std=gnu17 -lm",
        compiles_named=(".c",),
        run="./a.out",
    ),
    Entry(
        id="cpp",
        name="C++",
        names=(r"C\+\+ \(GCC ([\d.]+)\)", r"C\+\+ \(Clang ([\d.]+)\)"),
        file_name="main.cpp",
        compile="g++ {options} main.cpp",
        options="-O2 -std=gnu++17",
        compiles_named=(".cpp", ".cc", ".cxx"),
        run="./a.out",
    ),
    Entry(
        id="python3",
        name="Python",
        names=(r"Python \((3\.[\w.]+)\)",),
        file_name="script.py",
        run="python3 script.py",
        time_factor=Fraction(4),
        extra_memory_kib=16 * _MIB,
    ),
    Entry(
        id="java",
        name="Java",
        names=(r"Java \((?:OpenJDK|JDK) ([\d.]+)\)",),
        file_name="Main.java",
        compile="javac {options} Main.java",
        run="java Main",
        time_factor=Fraction(2),
        extra_memory_kib=128 * _MIB,
    ),
    Entry(
        id="javascript",
        name="JavaScript",
        names=(r"JavaScript \(Node\.js ([\d.]+)\)",),
        file_name="script.js",
        run="node script.js",
        time_factor=Fraction(2),
        extra_memory_kib=64 * _MIB,
    ),
    Entry(
        id="typescript",
        name="TypeScript",
        names=(rf"TypeScript {_VERSION}",),
        file_name="script.ts",
        compile="tsc {options} script.ts",
        run="node script.js",
        time_factor=Fraction(2),
        extra_memory_kib=64 * _MIB,
    ),
    Entry(
        id="go",
        name="Go",
        names=(rf"Go {_VERSION}",),
        file_name="main.go",
        compile="go build {options} main.go",
        compiles_named=(".go",),
        run="./main",
        time_factor=Fraction(3, 2),
        extra_memory_kib=32 * _MIB,
    ),
    Entry(
        id="rust",
        name="Rust",
        names=(rf"Rust {_VERSION}",),
        file_name="main.rs",
        compile="rustc {options} main.rs",
        options="-O",
        run="./main",
    ),
    Entry(
        id="bash",
        name="Bash",
        names=(rf"Bash {_VERSION}",),
        file_name="script.sh",
        run="bash script.sh",
        time_factor=Fraction(5),
    ),
    Entry(
        id="perl",
        name="Perl",
        names=(rf"Perl {_VERSION}",),
        file_name="script.pl",
        run="perl script.pl",
        time_factor=Fraction(4),
        extra_memory_kib=16 * _MIB,
    ),
    Entry(
        id="ruby",
        name="Ruby",
        names=(rf"Ruby {_VERSION}",),
        file_name="script.rb",
        run="ruby script.rb",
        time_factor=Fraction(4),
        extra_memory_kib=32 * _MIB,
    ),
    Entry(
        id="php",
        name="PHP",
        names=(rf"PHP {_VERSION}",),
        file_name="script.php",
        run="php script.php",
        time_factor=Fraction(3),
        extra_memory_kib=32 * _MIB,
    ),
    Entry(
        id="lua",
        name="Lua",
        names=(rf"Lua {_VERSION}",),
        file_name="script.lua",
        compile="luac {options} script.lua",
        run="lua luac.out",
        time_factor=Fraction(4),
    ),
    Entry(
        id="haskell",
        name="Haskell",
        names=(r"Haskell \(GHC ([\d.]+)\)",),
        file_name="main.hs",
        compile="ghc {options} main.hs",
        options="-O",
        run="./main",
        extra_memory_kib=16 * _MIB,
    ),
    Entry(
        id="ocaml",
        name="OCaml",
        names=(rf"OCaml {_VERSION}",),
        file_name="main.ml",
        compile="ocamlc {options} main.ml",
        run="./a.out",
    ),
    Entry(
        id="pascal",
        name="Pascal",
        names=(r"Pascal \(FPC ([\d.]+)\)",),
        file_name="main.pas",
        compile="fpc {options} main.pas",
        run="./main",
    ),
    Entry(
        id="r",
        name="R",
        names=(rf"R {_VERSION}",),
        file_name="script.r",
        run="Rscript script.r",
        time_factor=Fraction(5),
        extra_memory_kib=64 * _MIB,
    ),
    Entry(
        id="kotlin",
        name="Kotlin",
        names=(rf"Kotlin {_VERSION}",),
        file_name="Main.kt",
        compile="kotlinc {options} Main.kt",
        compiles_named=(".kt",),
        run="kotlin MainKt",
        time_factor=Fraction(2),
        extra_memory_kib=128 * _MIB,
    ),
    Entry(
        id="csharp",
        name="C#",
        names=(r"C# \(Mono ([\d.]+)\)",),
        file_name="Main.cs",
        compile="mcs {options} Main.cs",
        compiles_named=(".cs",),
        run="mono Main.exe",
        time_factor=Fraction(2),
        extra_memory_kib=64 * _MIB,
    ),
)


def offers(known: Iterable[NamedLanguage], most: Limits | None = None) -> dict[LanguageId, Offer]:
    """Our languages among Judge0's, each in its newest version, by id and sorted by it."""
    listed = tuple(one for one in known if len(one.name) <= _LONGEST_NAME)
    found = (_offer(entry, listed, most) for entry in sorted(TABLE, key=lambda entry: entry.id))
    return {offer.language.id: offer for offer in found if offer}


def _offer(entry: Entry, known: tuple[NamedLanguage, ...], most: Limits | None) -> Offer | None:
    for pattern in entry.names:
        versions = [
            (_as_numbers(match[1]), one.id, match[1], one.name)
            for one in known
            if (match := re.fullmatch(pattern, one.name))
        ]
        if versions:
            _, judge0_id, version, judge0_name = max(versions)
            language = replace(_language(entry, version), most=most)
            return Offer(
                entry=entry, judge0_id=judge0_id, judge0_name=judge0_name, language=language
            )
    return None


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _language(entry: Entry, version: str) -> Language:
    shown = entry.compile and " ".join(entry.compile.format(options=entry.options).split())
    return Language(
        id=LanguageId(entry.id),
        name=entry.name,
        version=version,
        file_name=entry.file_name,
        compile_command=shown,
        run_command=entry.run,
        time_factor=entry.time_factor,
        extra_memory_kib=entry.extra_memory_kib,
        runs_checkers=False,
    )
