"""Words on the command line are the program's, even those that its interpreter would know."""

from dataclasses import replace

import pytest

from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import ProgramOptions
from tests.adapters.sandbox.judging import job, judged, needs

pytestmark = pytest.mark.asyncio(loop_scope="session")
KNOWN = ("-v", "--version", "-e", "+RTS", "-?", "-RTS", "--help", "-g", "--", "@x", "--args", "two")
PRINTS = {
    "bash": r"""printf '%s\n' "$@" """,
    "csharp": "class M { static void Main(string[] a) "
    '{ System.Console.WriteLine(string.Join("\\n", a)); } }',
    "haskell": "import System.Environment\nmain = getArgs >>= mapM_ putStrLn\n",
    "java": "class M { public static void main(String[] a) "
    '{ System.out.println(String.join("\\n", a)); } }',
    "javascript": 'console.log(process.argv.slice(2).join("\\n"))',
    "lua": 'print(table.concat(arg, "\\n"))',
    "ocaml": "let () = Array.iteri (fun n a -> if n > 0 then print_endline a) Sys.argv",
    "perl": 'print "$_\\n" for @ARGV;',
    "php": '<?php echo implode("\\n", array_slice($argv, 1));',
    "pypy3": "import sys\nprint(*sys.argv[1:], sep='\\n')",
    "python3": "import sys\nprint(*sys.argv[1:], sep='\\n')",
    "r": 'cat(commandArgs(trailingOnly = TRUE), sep = "\\n")',
    "ruby": "puts ARGV",
}


@pytest.mark.parametrize("language", PRINTS)
async def test_arguments_are_the_programs_own(
    judge: SandboxJudge, offered: tuple[str, ...], language: str
) -> None:
    needs(language, offered)
    given = replace(job(language, PRINTS[language]), options=ProgramOptions(arguments=KNOWN))

    compilation, (run,) = await judged(judge, given)

    assert compilation.ok
    assert run.stdout.decode().split() == list(KNOWN)
    assert (run.stderr, run.exit_code) == (b"", 0)


@pytest.mark.parametrize(
    ("statement", "is_sql"),
    [
        ("SELECT raise_me('syntax error');", True),
        ("SELECT nosuch('incomplete input');", True),
        ("SELECT [near: unrecognized token] FROM log;", True),
        ("SELEC 1;", False),
        ("SELECT 1 FROM (", False),
        ("SELECT @ 1;", False),
        ("SELECT 1;\nCREATE 'a\nb';", False),
    ],
)
async def test_only_what_is_no_sql_does_not_compile(
    judge: SandboxJudge, offered: tuple[str, ...], statement: str, *, is_sql: bool
) -> None:
    """Tables and functions may be missing: the test's input, which is run before, makes them."""
    needs("sqlite", offered)

    compilation, _ = await judged(judge, job("sqlite", statement))

    assert (compilation.ok, bool(compilation.output)) == (is_sql, not is_sql)
