"""The words that programs of the memory judge are made of."""

from contextlib import aclosing

import pytest

from adapters.memory.judge import PYTHON, MemoryJudge
from application.ports.judge import JudgeInput, JudgeJob, JudgeUnavailable
from domain.limits import Limits
from domain.program import single_file
from domain.run import Compilation, Excess, Run

LIMITS = Limits(time_ms=1_000, memory_kib=65_536, output_kib=1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", Run(ordinal=1, exit_code=0)),
        ("# says nothing\n\n", Run(ordinal=1, exit_code=0)),
        ("print a  b\nprint", Run(ordinal=1, exit_code=0, stdout=b"a  b\n\n")),
        ("print \U0001f680", Run(ordinal=1, exit_code=0, stdout="\U0001f680\n".encode())),
        ("echo\nexit 3\necho", Run(ordinal=1, exit_code=3, stdout=b"in")),
        ("complain no\nsignal 6", Run(ordinal=1, signal=6, stderr=b"no\n")),
        ("fault", Run(ordinal=1, fault="the program asked for it")),
        ("on 1 print yes\non 2 print no", Run(ordinal=1, exit_code=0, stdout=b"yes\n")),
        ("spend 999", Run(ordinal=1, exit_code=0, cpu_ms=1_000, wall_ms=1_000)),
        (
            "spend 1000",
            Run(
                ordinal=1, signal=9, cpu_ms=1_001, wall_ms=1_001,
                excess=frozenset({Excess.CPU_TIME}),
            ),
        ),
        (
            "spend 9000\necho",
            Run(
                ordinal=1, signal=9, cpu_ms=1_100, wall_ms=1_100,
                excess=frozenset({Excess.CPU_TIME, Excess.WALL_TIME}),
            ),
        ),
        (
            "sleep 9000",
            Run(ordinal=1, signal=9, wall_ms=3_000, excess=frozenset({Excess.WALL_TIME})),
        ),
        (
            "eat 99999",
            Run(ordinal=1, signal=9, memory_kib=65_536, excess=frozenset({Excess.MEMORY})),
        ),
        (
            "flood",
            Run(ordinal=1, signal=9, stdout=b"x" * 1_024, excess=frozenset({Excess.OUTPUT})),
        ),
    ],
)  # fmt: skip
async def test_a_program_does_what_it_says(source: str, expected: Run) -> None:
    compilation, run = await _events(source)
    assert isinstance(compilation, Compilation)
    assert compilation.ok
    assert _told(run) == _told(expected)


@pytest.mark.parametrize(
    "source", ["does not compile", "exit", "exit x", "echo 1", "on", "on 1", "on x echo", "on 1 no"]
)
async def test_any_other_line_is_a_compile_error(source: str) -> None:
    (compilation,) = await _events(f"echo\n{source}")
    assert isinstance(compilation, Compilation)
    assert (compilation.ok, compilation.output) == (False, f"line 2: {source}")


async def test_the_whole_judge_may_fail() -> None:
    with pytest.raises(JudgeUnavailable):
        await _events("unavailable")


async def _events(source: str) -> list[Compilation | Run]:
    async def load() -> bytes:
        return b"in"

    job = JudgeJob(
        language=PYTHON.id,
        program=single_file(source),
        limits=LIMITS,
        inputs=(JudgeInput(ordinal=1, load=load),),
    )
    async with aclosing(MemoryJudge().judge(job)) as events:
        return [event async for event in events]


def _told(run: Compilation | Run) -> tuple[object, ...]:
    """All of a run but figures that say only what a program costs that does nothing."""
    assert isinstance(run, Run)
    ended = (run.exit_code, run.signal, run.fault, run.excess)
    memory = max(run.memory_kib, 1_024)
    return (*ended, run.stdout, run.stderr, max(run.cpu_ms, 1), max(run.wall_ms, 1), memory)
