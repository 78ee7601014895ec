"""Languages whose sources are run as they are."""

from fractions import Fraction

from adapters.sandbox.languages.entry import MIB, Entry
from adapters.sandbox.languages.managed import NODE, NODE_OUT_OF_MEMORY
from adapters.sandbox.toolchains import find_pypy, find_python, find_r, on_system, with_variables

_PYTHON_CHECK = """
import sys
try:
    with open(sys.argv[1], "rb") as file:
        compile(file.read(), sys.argv[1], "exec", dont_inherit=True)
except Exception as error:
    sys.excepthook(type(error), error, None)
    sys.exit(1)
"""
"""A third of what starting `py_compile` takes, with the same words."""
_R = ("{r}", "--vanilla", "--no-echo")
_PHP_SETTINGS = (
    *("-d", "display_errors=stderr", "-d", "log_errors=0"),  # else each is said twice
    *("-d", "memory_limit=-1"),
)
_RUBY_STACK = {"RUBY_THREAD_VM_STACK_SIZE": str(64 << 20)}
"""Its own is left at ten thousand calls."""
_SQL_CHECK = (
    '! {sqlite3} -safe -batch -cmd ".progress 1 --limit 1" :memory: <"$1" 2>&1 >/dev/null'
    " | grep -A 2 -E '^(E|Parse e)rror:? near line [0-9]+: "
    "(near \"|incomplete input|unrecognized token: )' >&2"
)
"""Every statement is parsed and then interrupted at its first step, so tables may be missing. What
is matched is the error's own place: the lines beneath it and some messages quote the statement.
The check ends at a command that would start or write something, which only the run may do."""

SCRIPTS = (
    Entry(
        id="python3",
        name="Python",
        extensions=(".py",),
        file_name="main.py",
        find=find_python,
        version=("{python3}", "-IS", "--version"),
        check=("{python3}", "-IS", "-c", _PYTHON_CHECK),
        compile_shown="python3 -m py_compile main.py",
        run=("{python3}", "-B", "-s", "{app}/{main}"),
        hello='print("hello")\n',
        out_of_memory=(b"\nMemoryError",),
        time_factor=Fraction(4),
        extra_memory_kib=16 * MIB,
    ),
    Entry(
        id="javascript",
        name="JavaScript",
        extensions=(".js", ".mjs", ".cjs"),
        file_name="main.js",
        find=on_system(node="node"),
        version=("{node}", "--version"),
        check=("{node}", "--check"),
        run=(*NODE, "{app}/{main}"),
        hello='console.log("hello")\n',
        out_of_memory=NODE_OUT_OF_MEMORY,
        bears_address_limit=False,
        time_factor=Fraction(2),
        extra_memory_kib=64 * MIB,
    ),
    Entry(
        id="bash",
        name="Bash",
        extensions=(".sh", ".bash"),
        file_name="main.sh",
        find=on_system(bash="bash"),
        version=("{bash}", "--version"),
        check=("{bash}", "-n"),
        run=("{bash}", "{app}/{main}"),
        hello="echo hello\n",
        unix_lines=True,
        time_factor=Fraction(5),
    ),
    Entry(
        id="perl",
        name="Perl",
        extensions=(".pl", ".pm"),
        file_name="main.pl",
        find=on_system(perl="perl"),
        version=("{perl}", "-e", "printf 'v%vd', $^V"),
        check=("{perl}", "-I.", "-c"),
        run=("{perl}", "-I{app}", "{app}/{main}"),
        hello='print "hello\\n";\n',
        out_of_memory=(b"Out of memory",),
        unix_lines=True,
        time_factor=Fraction(4),
        extra_memory_kib=16 * MIB,
    ),
    Entry(
        id="ruby",
        name="Ruby",
        extensions=(".rb",),
        file_name="main.rb",
        find=with_variables(on_system(ruby="ruby"), _RUBY_STACK),
        version=("{ruby}", "--version"),
        check=("{ruby}", "--disable=gems", "-c"),
        run=("{ruby}", "-I{app}", "{app}/{main}"),
        hello='puts "hello"\n',
        out_of_memory=(b"(NoMemoryError)",),
        time_factor=Fraction(4),
        extra_memory_kib=32 * MIB,
    ),
    Entry(
        id="php",
        name="PHP",
        extensions=(".php",),
        file_name="main.php",
        find=on_system(php="php"),
        version=("{php}", "--version"),
        check=("{php}", "-l"),
        run=("{php}", *_PHP_SETTINGS, "{app}/{main}"),
        hello='<?php\necho "hello\\n";\n',
        out_of_memory=(b"Out of memory", b"Allowed memory size"),
        time_factor=Fraction(3),
        extra_memory_kib=32 * MIB,
    ),
    Entry(
        id="pypy3",
        name="Python (PyPy)",
        extensions=(".py",),
        file_name="main.py",
        find=find_pypy,
        version=("{pypy3}", "-IS", "-c", "import sys; print(*sys.pypy_version_info[:3], sep='.')"),
        check=("{pypy3}", "-IS", "-c", _PYTHON_CHECK),
        compile_shown="pypy3 -m py_compile main.py",
        run=("{pypy3}", "-B", "-s", "{app}/{main}"),
        hello='print("hello")\n',
        out_of_memory=(b"\nMemoryError",),
        time_factor=Fraction(2),
        extra_memory_kib=64 * MIB,
    ),
    Entry(
        id="lua",
        name="Lua",
        extensions=(".lua",),
        file_name="main.lua",
        find=on_system(lua="lua5.4|lua", luac="luac5.4|luac"),
        version=("{lua}", "-v"),
        check=("{luac}", "-p", "--"),
        compile_shown="luac -p main.lua",
        run=("{lua}", "{app}/{main}"),
        hello='print("hello")\n',
        out_of_memory=(b"not enough memory",),
        time_factor=Fraction(4),
    ),
    Entry(
        id="r",
        name="R",
        extensions=(".R", ".r"),
        file_name="main.R",
        find=find_r,
        version=(*_R, "--version"),
        check=(*_R, "-e", "invisible(parse(commandArgs(TRUE)))", "--args"),
        compile_shown="Rscript -e 'invisible(parse(\"main.R\"))'",
        run=(*_R, "--file={app}/{main}", "--args"),  # without it R reads the program's, too
        run_shown="Rscript main.R",
        hello='cat("hello\\n")\n',
        out_of_memory=(b"cannot allocate",),
        unix_lines=True,
        time_factor=Fraction(5),
        extra_memory_kib=64 * MIB,
    ),
    Entry(
        id="sqlite",
        name="SQL (SQLite)",
        extensions=(".sql",),
        file_name="main.sql",
        find=on_system(sqlite3="sqlite3"),
        version=("{sqlite3}", "--version"),
        check=("/bin/sh", "-c", _SQL_CHECK, "sqlite3"),
        compile_shown="sqlite3 :memory: (every statement is parsed)",
        run=(
            *("{sqlite3}", "-batch", "-bail", "-init", "/dev/null", ":memory:"),
            *(".read /dev/stdin", ".read {app}/{main}"),
        ),
        run_shown="sqlite3 -bail :memory: '.read /dev/stdin' '.read main.sql'",
        hello="SELECT 'hello';\n",
        out_of_memory=(b"out of memory",),
        unix_lines=True,
        time_factor=Fraction(3),
    ),
)
