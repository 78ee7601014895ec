"""A program's files on their way into a box and out of it."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.program import SourceFile, several_files
from tests.adapters.sandbox.judging import ROOMY, job, judged, ran

JAVA = """
package a.b;
class M { public static void main(String[] a) { System.out.println(1); } }
"""
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("language", "length"), [("python3", 100), ("python3", 101), ("python3", 200), ("c", 255)]
)
async def test_a_file_may_have_a_long_name(judge: SandboxJudge, language: str, length: int) -> None:
    suffix, content = {
        "python3": (".py", "print(1)"),
        "c": (".c", 'int puts(const char *); int main(void) { puts("1"); }'),
    }[language]
    named = SourceFile(name="n" * (length - len(suffix)) + suffix, content=content)

    run = await ran(judge, language, several_files((named,), None))

    assert (run.stdout, run.exit_code) == (b"1\n", 0)


@pytest.fixture
def private() -> Iterator[None]:
    """A server whose files nobody else may read."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python3", "print(1)"),
        ("bash", "echo 1"),
        ("java", JAVA),
    ],
)
@pytest.mark.usefixtures("private")
async def test_a_program_is_readable_in_its_box(
    judge: SandboxJudge, language: str, source: str
) -> None:
    run = await ran(judge, language, source, limits=ROOMY)

    assert (run.stdout, run.exit_code) == (b"1\n", 0)


@pytest.mark.usefixtures("private")
async def test_a_private_server_can_be_started(tmp_path: Path) -> None:
    judge = SandboxJudge(tmp_path, slots=1, only=("bash",))

    run = await ran(judge, "bash", "id -un")

    assert run.stdout == b"box\n"
    await judge.close()


async def test_a_large_program_takes_little_memory_of_ours(judge: SandboxJudge) -> None:
    source = "char a[24 << 20] = {1}; int main(void) { return a[5]; }"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    compilation, runs = await judged(judge, job("c", source))

    assert compilation.ok
    assert runs[0].exit_code == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024


async def test_a_check_has_no_pipe_to_write_a_program_to(judge: SandboxJudge) -> None:
    source = "BEGIN { exit 1 if grep { -p qq{/proc/self/fd/$_} } 3..9 }"

    compilation, _ = await judged(judge, job("perl", source))

    assert compilation.ok
