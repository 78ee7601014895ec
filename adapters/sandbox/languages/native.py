"""Languages whose compiler leaves a program of the machine's own."""

from fractions import Fraction

from adapters.sandbox.languages.entry import GIB, MIB, Entry
from adapters.sandbox.toolchains import find_go, find_rust, on_system, with_variables

_GO_PREPARE = """
export GOCACHE=/tmp/cache GOPATH=/tmp/path
{go} list -e -export -deps -gcflags=all=-dwarf=false \
  -f '{{.ImportPath}} {{.Export}}' PACKAGES >/tmp/list
mkdir {out}/pkg
n=0
while read -r name file; do
  [ -n "$file" ] || continue
  n=$((n + 1))
  cp "$file" {out}/pkg/$n.a
  line="packagefile $name={prepared}/pkg/$n.a"
  echo "$line" >>{out}/all
  case /$name/ in
    */internal/* | */vendor/*) ;;
    *) echo "$line" >>{out}/importable ;;
  esac
done </tmp/list
"""
"""Go has no compiled standard library, and `go build` would need a minute for the whole of it. So
that is built once; programs are then compiled and linked against it without any cache to poison.
They may name what `go build` lets them name: the rest is there for the linker."""
_GO_COMPILE = """
compile() { "$t/compile" -p main -pack -complete -trimpath "$PWD=>." \
  -importcfg {prepared}/importable "$@"; }
link() { "$t/link" -s -w -importcfg {prepared}/all -o {out}/main "$@" /tmp/main.a; }
set -f
t=$({go} env GOTOOLDIR) || exit
for_compiler= for_linker= files=
while [ $# -gt 0 ]; do
  word=$1
  shift
  case $word in
    -gcflags | --gcflags | -ldflags | --ldflags | -tags | --tags)
      [ $# -gt 0 ] || { echo "flag needs an argument: $word" >&2; exit 2; }
      word=$word=$1
      shift ;;
  esac
  case $word in
    *.go) files="$files $word" ;;
    -gcflags=* | --gcflags=*) for_compiler="$for_compiler ${word#*=}" ;;
    -ldflags=* | --ldflags=*) for_linker="$for_linker ${word#*=}" ;;
    -a | -v | -x | -trimpath | -buildvcs=* | -tags=* | --tags=*) ;;
    *) echo "go build: $word is not offered here" >&2; exit 2 ;;
  esac
done
compile $for_compiler -o /tmp/main.a $files && link $for_linker
"""
"""Flags are those of `go build`: what makes no difference to one program is passed over."""
_OBJECTS = "/tmp"  # noqa: S108 - the box's own
_OCAML_COMPILE = """
files=
for word; do
  shift
  case $word in
    *.ml | *.mli) files="$files $word" ;;
    ?*) set -- "$@" "$word" ;;
  esac
done
set -f
files=$({ocamldep} -sort $files) || exit
{ocamlopt} -O3 -o {out}/main -I +unix -I +str -I +threads \
  unix.cmxa threads.cmxa str.cmxa "$@" $files
"""
"""Files in the order of their needs; their names hold nothing that a shell would cut."""

_RUST_COMPILE = """
case " $* " in
  *" --edition"*) ;;
  *) set -- --edition 2021 "$@" ;;
esac
{rustc} -O --crate-name main -C linker={cc} -o {out}/main "$@"
"""
"""An edition may be named once only."""
_SANITIZED = {"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"}
"""Leaks are looked for by tracing, which programs may not do, and so all would fail."""
_CPP_FLAGS = ("-O2", "-std=gnu++20")
_CPP_PREPARE = f"""
mkdir -p {{out}}/include/bits
echo '#include <bits/stdc++.h>' >all.h
{{gxx}} {" ".join(_CPP_FLAGS)} -x c++-header all.h -o {{out}}/include/bits/stdc++.h.gch
"""
"""The compiler takes it only where nothing that counts differs, such as other flags or macros."""

NATIVE = (
    Entry(
        id="c",
        name="C",
        extensions=(".c",),
        file_name="main.c",
        find=with_variables(on_system(gcc="gcc"), _SANITIZED),
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
        find=with_variables(on_system(gxx="g++"), _SANITIZED),
        version=("{gxx}", "-dumpfullversion"),
        prepare=_CPP_PREPARE,
        works_unprepared=True,
        compile=("{gxx}", *_CPP_FLAGS, "-I{prepared}/include", "-o", "{out}/main", "{sources}"),
        run=("{app}/main",),
        hello='#include <iostream>\nint main() { std::cout << "hello\\n"; }\n',
        out_of_memory=(b"std::bad_alloc",),
    ),
    Entry(
        id="go",
        name="Go",
        extensions=(".go",),
        file_name="main.go",
        find=find_go,
        version=("{go}", "version"),
        prepare=_GO_PREPARE.replace("PACKAGES", "std"),
        prepare_quickly=_GO_PREPARE.replace("PACKAGES", "fmt"),
        compile=("/bin/sh", "-c", _GO_COMPILE, "go", "{sources}"),
        compile_shown="go build -o main main.go",
        run=("{app}/main",),
        hello='package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
        out_of_memory=(b"runtime: out of memory", b"runtime: cannot allocate memory"),
        bears_address_limit=False,
        processes=256,
        compile_processes=256,
        compile_memory_kib=2 * GIB,
        time_factor=Fraction(3, 2),
        extra_memory_kib=32 * MIB,
    ),
    Entry(
        id="rust",
        name="Rust",
        extensions=(".rs",),
        file_name="main.rs",
        find=find_rust,
        version=("{rustc}", "--version"),
        compile=("/bin/sh", "-c", _RUST_COMPILE, "rustc", "{main}"),
        compile_shown="rustc -O --edition 2021 main.rs",
        run=("{app}/main",),
        hello='fn main() {\n    println!("hello");\n}\n',
        out_of_memory=(b"memory allocation of ",),
        compile_processes=256,
        compile_memory_kib=2 * GIB,
    ),
    Entry(
        id="haskell",
        name="Haskell",
        extensions=(".hs",),
        file_name="main.hs",
        find=on_system("/var/lib/ghc", ghc="ghc"),
        version=("{ghc}", "--numeric-version"),
        compile=(
            *("{ghc}", "-O", "-v0", "-rtsopts=ignore", "-outputdir", _OBJECTS),  # +RTS is an input
            *("-o", "{out}/main", "{sources}"),
        ),
        compile_shown="ghc -O -o main main.hs",
        run=("{app}/main",),
        hello='main :: IO ()\nmain = putStrLn "hello"\n',
        out_of_memory=(b"heap overflow", b"heap exhausted", b": stack overflow"),
        bears_address_limit=False,
        compile_memory_kib=2 * GIB,
        extra_memory_kib=16 * MIB,
    ),
    Entry(
        id="ocaml",
        name="OCaml",
        extensions=(".ml", ".mli"),
        file_name="main.ml",
        find=on_system(ocamlopt="ocamlopt", ocamldep="ocamldep"),
        version=("{ocamlopt}", "-version"),
        compile=("/bin/sh", "-c", _OCAML_COMPILE, "ocamlopt", "{sources}"),
        compile_shown="ocamlopt -O3 -o main main.ml",
        run=("{app}/main",),
        hello='let () = print_endline "hello"\n',
        out_of_memory=(b"Out_of_memory", b"Out of memory"),
    ),
    Entry(
        id="pascal",
        name="Pascal",
        extensions=(".pas", ".pp", ".inc"),
        file_name="main.pas",
        find=on_system("/etc/fpc.cfg", fpc="fpc"),
        version=("{fpc}", "-iV"),
        compile=("{fpc}", "-O2", "-gl", "-l-", "-v0ew", f"-FU{_OBJECTS}", "-o{out}/main", "{main}"),
        compile_shown="fpc -O2 -omain main.pas",
        run=("{app}/main",),
        hello="begin\n  writeln('hello')\nend.\n",
        out_of_memory=(b"Runtime error 203", b"EOutOfMemory"),
    ),
)
