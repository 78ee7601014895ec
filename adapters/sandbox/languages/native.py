"""Languages whose compiler leaves a program of the machine's own."""

from fractions import Fraction

from adapters.sandbox.languages.entry import GIB, MIB, Entry
from adapters.sandbox.toolchains import find_go, find_rust, on_system

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
{go} list -e -f '{{if not .Error}}{{.ImportPath}}{{end}}' PACKAGES >/tmp/known
{go} list -export -deps -f '{{.ImportPath}} {{.Export}}' $(cat /tmp/known) >/tmp/list
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
that is built once; programs are then compiled and linked against it without any cache to poison.
Packages that an older Go does not have yet are left out."""
_GO_COMPILE = (
    "t=$({go} env GOTOOLDIR) && "
    '"$t/compile" -p main -pack -complete -importcfg {prepared}/importcfg -o /tmp/main.a "$@" && '
    '"$t/link" -s -w -importcfg {prepared}/importcfg -o {out}/main /tmp/main.a'
)
_OBJECTS = "/tmp"  # noqa: S108 - the box's own
_OCAML_COMPILE = """
set -f
options= files=
for word; do
  case $word in
    *.ml | *.mli) files="$files $word" ;;
    *) options="$options $word" ;;
  esac
done
files=$({ocamldep} -sort $files) || exit
{ocamlopt} -O3 -o {out}/main -I +unix -I +str unix.cmxa str.cmxa $options $files
"""
"""Files in the order of their needs; their names hold nothing that a shell would cut."""

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
        compile=(
            *("{rustc}", "-O", "--edition", "2021", "--crate-name", "main"),
            *("-C", "linker={cc}", "-o", "{out}/main", "{main}"),
        ),
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
        compile=("{fpc}", "-O2", "-l-", "-v0ew", f"-FU{_OBJECTS}", "-o{out}/main", "{main}"),
        compile_shown="fpc -O2 -omain main.pas",
        run=("{app}/main",),
        hello="begin\n  writeln('hello')\nend.\n",
        out_of_memory=(b"Runtime error 203", b"EOutOfMemory"),
    ),
)
