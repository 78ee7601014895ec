"""What an entry of the table of languages says.

Placeholders in commands: a tool's name in the toolchain (`{gcc}`), `{sources}` (every file with
the language's extensions, one argument each), `{main}` (the file to begin with), `{stem}` (the
same without its extension), `{main_class}` (Java, Kotlin), `{out}` (where the compiler puts what
is run), `{app}` (where that is found when it runs), `{heap_mib}` (the memory limit less the
runtime's own need), `{stack_kib}` (how deep its stack may be), `{prepared}` (what `prepare` left).
"""

from dataclasses import dataclass
from fractions import Fraction

from adapters.sandbox.toolchains import Finder

GIB = 1 << 20
MIB = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One language.

    `compile` leaves in `{out}` what is run; `check` looks at each source file alone, and then the
    sources themselves are run. An entry has one of the two. `prepare` is a shell script that runs
    once a machine, before any candidate's program, and leaves files in `{out}`; where that takes
    long, `prepare_quickly` does as much as a hello-world needs. With `works_unprepared` it only
    makes things faster, so nobody waits for it: until it is there, words of commands that name
    `{prepared}` are left out. `out_of_memory`
    is what the runtime says on standard error when it fails for want of memory by itself.
    What is `..._shown` stands for a command that a candidate would not type so.
    """

    id: str
    name: str
    extensions: tuple[str, ...]
    file_name: str
    find: Finder
    version: tuple[str, ...]
    run: tuple[str, ...]
    hello: str
    compile: tuple[str, ...] = ()
    compile_shown: str = ""
    run_shown: str = ""
    check: tuple[str, ...] = ()
    prepare: str = ""
    prepare_quickly: str = ""
    works_unprepared: bool = False
    out_of_memory: tuple[bytes, ...] = ()
    unix_lines: bool = False
    bears_address_limit: bool = True
    processes: int = 64
    compile_processes: int = 64
    compile_memory_kib: int = GIB
    time_factor: Fraction = Fraction(1)
    extra_memory_kib: int = 0
