"""Handing a program to the judge in one line, and looking at what a run left behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from adapters.sandbox.cgroups import PREFIX, find_cgroups
from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import JudgeInput, JudgeJob
from domain.ids import LanguageId
from domain.limits import Limits
from domain.program import Program, SourceFile, several_files, single_file
from domain.run import Compilation, Run

ROOMY = Limits(time_ms=10_000, memory_kib=524_288)
QUICK = Limits(time_ms=500, memory_kib=65_536)
FEW = ("bash", "c", "python3")
"""Languages that are tried quickly, for judges that one test makes for itself."""


@asynccontextmanager
async def sandbox(config: pytest.Config) -> AsyncIterator[SandboxJudge]:
    """One judge for many tests; what it builds is kept from one session to the next."""
    judge = SandboxJudge(Path(config.cache.mkdir("assay-sandbox")))
    try:
        await judge.settled()  # what is prepared on a new machine would be found as left behind
        yield judge
    finally:
        await judge.close()


def needs(language: str, offered: tuple[str, ...]) -> None:
    """A language that is not here: skip at home, fail in CI."""
    if language not in offered and not os.environ.get("CI"):  # noqa: TID251 - where tests run
        pytest.skip(f"{language} is not installed")
    assert language in offered


def job(language: str, program: Program | str, *inputs: bytes, limits: Limits = ROOMY) -> JudgeJob:
    return JudgeJob(
        language=LanguageId(language),
        program=single_file(program) if isinstance(program, str) else program,
        limits=limits,
        inputs=tuple(given(n, data) for n, data in enumerate(inputs or (b"",), start=1)),
    )


def given(ordinal: int, data: bytes) -> JudgeInput:
    async def load() -> bytes:
        return data

    return JudgeInput(ordinal=ordinal, load=load)


def files(entry_point: str | None = None, **content: str) -> Program:
    """`main_py="..."` is a file called main.py."""
    named = tuple(
        SourceFile(name=name.replace("_", "."), content=text) for name, text in content.items()
    )
    return several_files(named, entry_point)


async def judged(judge: SandboxJudge, what: JudgeJob) -> tuple[Compilation, list[Run]]:
    async with aclosing(judge.judge(what)) as said:
        seen = [one async for one in said]
    compilation = next(one for one in seen if isinstance(one, Compilation))
    return compilation, [one for one in seen if isinstance(one, Run)]


async def ran(
    judge: SandboxJudge,
    language: str,
    program: Program | str,
    stdin: bytes = b"",
    limits: Limits = ROOMY,
) -> Run:
    """The one run of a program that compiles."""
    compilation, runs = await judged(judge, job(language, program, stdin, limits=limits))
    assert compilation.ok, compilation
    (run,) = runs
    return run


def leftovers(config: pytest.Config) -> list[Path]:
    """Groups (which cannot go while a process of theirs lives) and folders of finished jobs."""
    home = Path(config.cache.mkdir("assay-sandbox"))
    return [*groups_of(os.getpid()), *home.glob(f"sandbox/live/{os.getpid()}-*/job-*")]


def groups_of(pid: int) -> list[Path]:
    """The control groups that the server with this process number has made."""
    bases = [hierarchy.base for hierarchy in find_cgroups().hierarchies]
    return [group for base in bases for group in base.glob(f"{PREFIX}-{pid}-*")]


def mounts() -> list[str]:
    """Those of this machine, but what other tests mount, which are at work beside these."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if " assay-test " not in line]


def processes(group: Path) -> list[str]:
    procs = group / "cgroup.procs"
    return procs.read_text().split() if procs.exists() else []


def glob(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def until(holds: Callable[[], object]) -> None:
    """Look again and again, since what is waited for happens in other processes."""
    async with asyncio.timeout(180):
        while not holds():  # noqa: ASYNC110 - nobody here could set an event
            await asyncio.sleep(0.005)
