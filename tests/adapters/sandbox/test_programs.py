"""A program's files on their way into a box and out of it."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.program import SourceFile, several_files
from domain.run import Excess
from tests.adapters.sandbox.judging import QUICK, ROOMY, job, judged, ran

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


_CHILDREN_GIVEN_AWAY = """#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    int done[2];
    char byte;
    if (pipe(done)) return 1;
    for (int n = 0; n < 4; n++)
        if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0) {
            memset(malloc(100 << 20), 1, 100 << 20);
            sleep(1);
            write(done[1], "x", 1);
            pause();
        }
    for (int n = 0; n < 4; n++) read(done[0], &byte, 1);
    return 0;
}
"""


async def test_what_a_program_gave_to_its_parent_is_on_its_bill_without_groups(
    tmp_path: Path,
) -> None:
    judge = SandboxJudge(tmp_path, slots=1, allow_weak=True, only=["c"], cgroups="none")
    try:
        run = await ran(judge, "c", _CHILDREN_GIVEN_AWAY, limits=QUICK)
    finally:
        await judge.close()

    assert run.excess == {Excess.MEMORY}


async def test_a_check_may_write_where_the_program_may(judge: SandboxJudge) -> None:
    source = 'BEGIN { open my $file, ">", "x.tmp" or die } print "ok\\n"\n'

    run = await ran(judge, "perl", source)

    assert (run.exit_code, run.stdout) == (0, b"ok\n")
