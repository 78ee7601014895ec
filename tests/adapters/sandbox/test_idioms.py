"""What candidates take for granted of a language, beside what `test_languages` asks of all."""

from dataclasses import replace

import pytest

from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import JudgeJob, ProgramOptions
from tests.adapters.sandbox.judging import job, judged, needs, ran

pytestmark = pytest.mark.asyncio(loop_scope="session")
DEEP = {
    "c": "#include <stdio.h>\nint f(volatile int n){return n?f(n-1)+1:0;}\n"
    'int main(){int n;scanf("%d",&n);printf("%d\\n",f(n));}',
    "go": 'package main\nimport "fmt"\nfunc f(n int) int { if n == 0 { return 0 }; '
    "return f(n-1) + 1 }\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(f(n)) }",
    "haskell": "f :: Int -> Int\nf 0 = 0\nf n = 1 + f (n - 1)\nmain = readLn >>= print . f\n",
    "java": "class A { static int f(int n) { return n == 0 ? 0 : f(n - 1) + 1; }\n"
    "public static void main(String[] a) { "
    "System.out.println(f(new java.util.Scanner(System.in).nextInt())); } }",
    "javascript": "function f(n) { return n ? f(n - 1) + 1 : 0 }\n"
    'console.log(f(Number(require("fs").readFileSync("/dev/stdin", "utf8"))))',
    "ocaml": "let rec f n = if n = 0 then 0 else 1 + f (n - 1)\n"
    "let () = print_int (f (read_int ()))",
    "php": "<?php function f($n) { return $n ? f($n - 1) + 1 : 0; } echo f((int)fgets(STDIN));",
    "pypy3": "import sys\nsys.setrecursionlimit(10**6)\n"
    "def f(n): return f(n - 1) + 1 if n else 0\n"
    'print(f(int(open("/dev/stdin").read())))',
    "python3": "import sys\nsys.setrecursionlimit(10**6)\n"
    "def f(n): return f(n - 1) + 1 if n else 0\n"
    "print(f(int(open(0).read())))",
    "ruby": "def f(n) = n == 0 ? 0 : f(n - 1) + 1\nputs f(gets.to_i)",
}
WRONG = {
    "c": ("#include <assert.h>\nint main() {\n  assert(1 == 2);\n}", "main.c:3: "),
    "go": ("package main\n\nfunc main() {\n\tpanic(1)\n}\n", "./main.go:4 "),
    "pascal": (
        "var n: longint;\nbegin\n  n := 0;\n  writeln(5 div n)\nend.\n",
        "line 4 of main.pas",
    ),
    "php": ("<?php\n\nintdiv(1, 0);\n", "main.php:3\n"),
    "python3": ("def f():\n  return 1 // 0\n\nf()\n", 'main.py", line 2, in f'),
    "ruby": ("def f\n  nil.foo\nend\nf\n", "main.rb:2:in `f'"),
}
TAKEN = {
    "kotlin": "class Solution { companion object { @JvmStatic fun main(a: Array<String>) {\n"
    "  val unused = 1\n  println(8)\n} } }",
    "ocaml": "let () = Thread.join (Thread.create (fun () -> print_int 8) ())",
    "typescript": "function f(x) { return x }\nconst unused = 1\nconsole.log(f(8))",
    "sqlite": ".output x.sql\nSELECT 'SELECT 8;';\n.output stdout\n.read x.sql",
}
SHELL = ".shell sleep 9999 & (sleep 9999 >/dev/null 2>&1 </dev/null &)\n"


@pytest.mark.parametrize("language", DEEP)
async def test_a_hundred_thousand_calls_deep(
    judge: SandboxJudge, offered: tuple[str, ...], language: str
) -> None:
    needs(language, offered)

    run = await ran(judge, language, DEEP[language], b"100000")

    assert (run.stdout.strip(), run.stderr, run.exit_code) == (b"100000", b"", 0)


@pytest.mark.parametrize("language", WRONG)
async def test_what_goes_wrong_is_told_once_and_with_its_line(
    judge: SandboxJudge, offered: tuple[str, ...], language: str
) -> None:
    needs(language, offered)
    source, place = WRONG[language]

    run = await ran(judge, language, source)

    assert run.stderr.decode().count(place) == 1


@pytest.mark.parametrize("language", TAKEN)
async def test_usual_ways_of_writing_are_taken(
    judge: SandboxJudge, offered: tuple[str, ...], language: str
) -> None:
    needs(language, offered)

    run = await ran(judge, language, TAKEN[language])

    assert (run.stdout.strip(), run.exit_code) == (b"8", 0)


async def test_sql_that_starts_programs_does_so_only_when_it_runs(
    judge: SandboxJudge, offered: tuple[str, ...]
) -> None:
    needs("sqlite", offered)

    run = await ran(judge, "sqlite", SHELL + "SELECT 8;")

    assert (run.stdout, run.exit_code) == (b"8\n", 0)


def _with_options(language: str, source: str, options: tuple[str, ...]) -> JudgeJob:
    return replace(job(language, source), options=ProgramOptions(compiler_options=options))


@pytest.mark.parametrize(
    ("language", "source", "options"),
    [
        ("c", "int main(void) { return 0; }", ("-fsanitize=address",)),
        ("c", "int main(void) { return N; }", ("-DN= 0", "-Wall", "-Wextra")),
        ("rust", "fn main() { let async = 1; }", ("--edition", "2015")),
        ("ocaml", "let () = ()", ("-ccopt", "-O1 -g")),
    ],
)
async def test_usual_options_are_taken(
    judge: SandboxJudge,
    offered: tuple[str, ...],
    language: str,
    source: str,
    options: tuple[str, ...],
) -> None:
    needs(language, offered)
    given = _with_options(language, source, options)

    compilation, (run,) = await judged(judge, given)

    assert compilation.ok
    assert (run.exit_code, run.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("language", "source", "options"),
    [
        ("c", "int main(void) { return 0; }", ("-c",)),
        ("c", "int main(void) { return 0; }", ("-o", "/box/elsewhere")),
        ("c", "int main(void) { return 0; }", ("-o", "/elsewhere")),
        ("c", "int main(void) { return 0; }", ("-imacros", "/etc/shadow")),
        ("c", "int main(void) { return 0; }", ("-wrapper", "/bin/true")),
        ("c", "int main(void) { return 0; }", ("@missing",)),
        ("haskell", "main = pure ()", ("-no-link",)),
        ("java", "class A { }", ("-J-javaagent:/missing.jar",)),
        ("pascal", "begin end.", ("-s",)),
        ("rust", "fn main() { }", ("-C", "linker=/bin/true")),
        ("typescript", "let n = 1;", ("--noEmit",)),
    ],
)
async def test_options_that_make_no_program_are_a_compile_error(
    judge: SandboxJudge,
    offered: tuple[str, ...],
    language: str,
    source: str,
    options: tuple[str, ...],
) -> None:
    needs(language, offered)
    given = _with_options(language, source, options)

    compilation, runs = await judged(judge, given)

    assert (compilation.ok, compilation.fault, runs) == (False, None, [])
    assert compilation.output.strip()
