"""The table of languages: to add one is to add one entry here.

Placeholders in commands: a tool's name in the toolchain (`{gcc}`), `{sources}` (every file with
the language's extensions, one argument each), `{main}` (the file to begin with), `{stem}` (the
same without its extension), `{main_class}` (Java), `{out}` (where the compiler puts what is run),
`{app}` (where that is found when it runs), `{heap_mib}` (the memory limit less the runtime's own
need), `{prepared}` (what `prepare` left).
"""

from dataclasses import dataclass
from fractions import Fraction

from adapters.sandbox.toolchains import (
    Finder,
    find_go,
    find_python,
    find_rust,
    find_typescript,
    on_system,
)

_GIB = 1 << 20
_MIB = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One language.

    `compile` leaves in `{out}` what is run; `check` looks at each source file alone, and then the
    sources themselves are run. An entry has one of the two. `prepare` is a shell script that runs
    once a machine, before any candidate's program, and leaves files in `{out}`; where that takes
    long, `prepare_quickly` does as much as a hello-world needs. `out_of_memory`
    is what the runtime says on standard error when it fails for want of memory by itself.
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
    check: tuple[str, ...] = ()
    prepare: str = ""
    prepare_quickly: str = ""
    out_of_memory: tuple[bytes, ...] = ()
    unix_lines: bool = False
    bears_address_limit: bool = True
    processes: int = 64
    compile_processes: int = 64
    compile_memory_kib: int = _GIB
    time_factor: Fraction = Fraction(1)
    extra_memory_kib: int = 0


_GO_PACKAGES = (
    "bufio bytes cmp container/heap container/list container/ring context crypto/md5 crypto/rand "
    "crypto/sha1 crypto/sha256 crypto/sha512 encoding/base64 encoding/binary encoding/csv "
    "encoding/hex encoding/json errors flag fmt hash/adler32 hash/crc32 hash/crc64 hash/fnv "
    "hash/maphash index/suffixarray io io/ioutil iter log maps math math/big math/bits math/cmplx "
    "math/rand math/rand/v2 os path reflect regexp runtime runtime/debug slices sort strconv "
    "strings sync sync/atomic text/tabwriter text/template time unicode unicode/utf16 "
    "unicode/utf8 unique unsafe"
)
_GO_PREPARE = """
export GOCACHE=/tmp/cache GOPATH=/tmp/path
{go} list -export -deps -f '{{.ImportPath}} {{.Export}}' PACKAGES >/tmp/list
mkdir {out}/pkg
n=0
while read -r name file; do
  [ -n "$file" ] || continue
  n=$((n + 1))
  cp "$file" {out}/pkg/$n.a
  echo "packagefile $name={prepared}/pkg/$n.a"
done </tmp/list >{out}/importcfg
"""
"""Go has no compiled standard library, and `go build` would need ten seconds for a part of it. So
that is built once; programs are then compiled and linked against it without any cache to poison."""
_GO_COMPILE = (
    "t=$({go} env GOTOOLDIR) && "
    '"$t/compile" -p main -pack -complete -importcfg {prepared}/importcfg -o /tmp/main.a "$@" && '
    '"$t/link" -s -w -importcfg {prepared}/importcfg -o {out}/main /tmp/main.a'
)
_JVM = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto")
_NODE_OUT_OF_MEMORY = (b"JavaScript heap out of memory",)

TABLE = (
    Entry(
        id="c",
        name="C",
        extensions=(".c",),
        file_name="main.c",
        find=on_system(gcc="gcc"),
        version=("{gcc}", "-dumpfullversion"),
        compile=("{gcc}", "-O2", "-std=gnu17", "-o", "{out}/main", "{sources}", "-lm"),
        run=("{app}/main",),
        hello='#include <stdio.h>\nint main(void) { puts("hello"); }\n',
    ),
    Entry(
        id="cpp",
        name="C++",
        extensions=(".cpp", ".cc", ".cxx"),
        file_name="main.cpp",
        find=on_system(gxx="g++"),
        version=("{gxx}", "-dumpfullversion"),
        compile=("{gxx}", "-O2", "-std=gnu++20", "-o", "{out}/main", "{sources}"),
        run=("{app}/main",),
        hello='#include <iostream>\nint main() { std::cout << "hello\\n"; }\n',
        out_of_memory=(b"std::bad_alloc",),
    ),
    Entry(
        id="python3",
        name="Python",
        extensions=(".py",),
        file_name="main.py",
        find=find_python,
        version=("{python3}", "-IS", "--version"),
        check=("{python3}", "-IS", "-m", "py_compile"),
        run=("{python3}", "-B", "-s", "{app}/{main}"),
        hello='print("hello")\n',
        out_of_memory=(b"\nMemoryError",),
        time_factor=Fraction(4),
        extra_memory_kib=16 * _MIB,
    ),
    Entry(
        id="java",
        name="Java",
        extensions=(".java",),
        file_name="Main.java",
        find=on_system(java="java", javac="javac"),
        version=("{java}", "-XX:TieredStopAtLevel=1", *_JVM, "-version"),
        compile=(
            "{javac}",
            *(f"-J{option}" for option in _JVM),
            "-J-XX:TieredStopAtLevel=1",
            "-J-Xmx768m",
            *("-encoding", "UTF-8", "-proc:none", "-d", "{out}", "{sources}"),
        ),
        run=(
            "{java}",
            *_JVM,
            "-Xmx{heap_mib}m",
            "-Xss64m",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+DisplayVMOutputToStderr",
            *("-cp", "{app}", "{main_class}"),
        ),
        hello="class Main {\n  public static void main(String[] arguments) {\n"
        '    System.out.println("hello");\n  }\n}\n',
        out_of_memory=(b"java.lang.OutOfMemoryError", b"insufficient memory for the Java"),
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        compile_memory_kib=2 * _GIB,
        time_factor=Fraction(2),
        extra_memory_kib=128 * _MIB,
    ),
    Entry(
        id="javascript",
        name="JavaScript",
        extensions=(".js", ".mjs", ".cjs"),
        file_name="main.js",
        find=on_system(node="node"),
        version=("{node}", "--version"),
        check=("{node}", "--check"),
        run=("{node}", "--max-old-space-size={heap_mib}", "{app}/{main}"),
        hello='console.log("hello")\n',
        out_of_memory=_NODE_OUT_OF_MEMORY,
        bears_address_limit=False,
        time_factor=Fraction(2),
        extra_memory_kib=64 * _MIB,
    ),
    Entry(
        id="typescript",
        name="TypeScript",
        extensions=(".ts",),
        file_name="main.ts",
        find=find_typescript,
        version=("{node}", "{tsc}", "--version"),
        compile=(
            *("{node}", "{tsc}", "--target", "es2022", "--module", "commonjs", "--strict"),
            *("--types", "node", "--typeRoots", "{types}", "--skipLibCheck", "--pretty", "false"),
            *("--outDir", "{out}", "--rootDir", ".", "{sources}"),
        ),
        run=("{node}", "--max-old-space-size={heap_mib}", "{app}/{stem}.js"),
        hello='const word: string = "hello";\nconsole.log(word);\n',
        out_of_memory=_NODE_OUT_OF_MEMORY,
        bears_address_limit=False,
        compile_processes=256,
        compile_memory_kib=2 * _GIB,
        time_factor=Fraction(2),
        extra_memory_kib=64 * _MIB,
    ),
    Entry(
        id="go",
        name="Go",
        extensions=(".go",),
        file_name="main.go",
        find=find_go,
        version=("{go}", "version"),
        prepare=_GO_PREPARE.replace("PACKAGES", _GO_PACKAGES),
        prepare_quickly=_GO_PREPARE.replace("PACKAGES", "fmt"),
        compile=("/bin/sh", "-c", _GO_COMPILE, "go", "{sources}"),
        compile_shown="go build -o main main.go",
        run=("{app}/main",),
        hello='package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
        out_of_memory=(b"runtime: out of memory", b"runtime: cannot allocate memory"),
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        compile_memory_kib=2 * _GIB,
        time_factor=Fraction(3, 2),
        extra_memory_kib=32 * _MIB,
    ),
    Entry(
        id="rust",
        name="Rust",
        extensions=(".rs",),
        file_name="main.rs",
        find=find_rust,
        version=("{rustc}", "--version"),
        compile=(
            *("{rustc}", "-O", "--edition", "2021", "--crate-name", "main"),
            *("-C", "linker={cc}", "-o", "{out}/main", "{main}"),
        ),
        run=("{app}/main",),
        hello='fn main() {\n    println!("hello");\n}\n',
        out_of_memory=(b"memory allocation of ",),
        compile_processes=256,
        compile_memory_kib=2 * _GIB,
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
        extra_memory_kib=16 * _MIB,
    ),
    Entry(
        id="ruby",
        name="Ruby",
        extensions=(".rb",),
        file_name="main.rb",
        find=on_system(ruby="ruby"),
        version=("{ruby}", "--version"),
        check=("{ruby}", "--disable=gems", "-c"),
        run=("{ruby}", "-I{app}", "{app}/{main}"),
        hello='puts "hello"\n',
        out_of_memory=(b"(NoMemoryError)",),
        time_factor=Fraction(4),
        extra_memory_kib=32 * _MIB,
    ),
    Entry(
        id="php",
        name="PHP",
        extensions=(".php",),
        file_name="main.php",
        find=on_system(php="php"),
        version=("{php}", "--version"),
        check=("{php}", "-l"),
        run=("{php}", "-d", "display_errors=stderr", "-d", "memory_limit=-1", "{app}/{main}"),
        hello='<?php\necho "hello\\n";\n',
        out_of_memory=(b"Out of memory", b"Allowed memory size"),
        time_factor=Fraction(3),
        extra_memory_kib=32 * _MIB,
    ),
)
