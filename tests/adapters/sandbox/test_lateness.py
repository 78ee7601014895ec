"""What this server itself was too late for is not the program's: verdicts stay right."""

import asyncio
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.box import Box, BoxLimits
from adapters.sandbox.cell import Cell
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.lateness import Lateness
from adapters.sandbox.outcome import Outcome
from adapters.sandbox.running import Boxes
from domain.checking import Checker, CheckerKind, compare
from domain.limits import Limits
from domain.run import Excess
from tests.adapters.sandbox.judging import groups_of, job, judged, processes, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).parents[3]
SECOND = Limits(time_ms=1_000)
_STOPPED_S = 5.0

_SERVER = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from adapters.sandbox.judge import SandboxJudge
from domain.run import Run
from domain.limits import Limits
from tests.adapters.sandbox.judging import job

SOURCE = "import sys\\nsys.stdin.read()\\nfor i in range(20000): print('x' * 100)\\n"

async def main():
    judge = SandboxJudge(Path({home!r}), slots=1, allow_weak=True, only=("python3",))
    await judge.languages()
    what = job("python3", SOURCE, *[b""] * 40, limits=Limits(time_ms=1000))
    async for r in judge.judge(what):
        if isinstance(r, Run):
            facts = [r.exit_code, len(r.stdout), sorted(r.excess), r.fault]
            print(json.dumps(facts), flush=True)
    await judge.close()

asyncio.run(main())
"""


async def test_a_server_that_stood_still_takes_no_time_of_a_program(tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SERVER.format(root=str(ROOT), home=str(tmp_path))),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    first = await server.stdout.readline()
    await until(lambda: any(processes(group) for group in groups_of(server.pid)))

    server.send_signal(signal.SIGSTOP)
    await asyncio.sleep(_STOPPED_S)  # longer than the wall limit: nothing else can be waited for
    server.send_signal(signal.SIGCONT)

    rest, _ = await server.communicate()
    runs: list[list[Any]] = [json.loads(line) for line in (first + rest).splitlines()]
    assert [run for run in runs if run != [0, 2_020_000, [], None]] == []
    assert len(runs) == 40


async def test_a_busy_interpreter_takes_no_time_of_a_program(judge: SandboxJudge) -> None:
    source = "import sys\nsys.stdout.buffer.write(b'1 ' * (7 << 20))\n"

    with _comparing(7):
        _, (run,) = await judged(judge, job("python3", source, limits=SECOND))

    assert (run.exit_code, run.excess, len(run.stdout)) == (0, frozenset(), 14 << 20)


async def test_a_program_that_sleeps_for_ever_is_ended_however_late_this_server_is(
    judge: SandboxJudge,
) -> None:
    with _comparing(3):
        _, (run,) = await judged(judge, job("bash", "sleep 1000", limits=Limits(time_ms=50)))

    assert run.excess == {Excess.WALL_TIME}


async def test_only_lateness_that_was_while_it_is_measured_counts() -> None:
    lateness = Lateness()
    with lateness.measured() as outer:
        time.sleep(0.1)  # noqa: ASYNC251 - to be late
        with lateness.measured() as inner:
            await asyncio.sleep(0.05)
            began_ns, at_leisure = time.monotonic_ns(), inner()
            time.sleep(0.1)  # noqa: ASYNC251 - to be late
            busy, ended_ns = inner(), time.monotonic_ns()
    jitter_ns = 10e6
    assert 50e6 < busy - at_leisure < ended_ns - began_ns + jitter_ns
    assert outer() >= busy + 50e6


async def test_what_was_lost_while_a_program_ran_is_not_credited_to_the_next(boxes: Boxes) -> None:
    limits = BoxLimits(
        time_ms=100, kill_time_ms=110, wall_time_ms=2_500, memory_kib=65_536, stdout_bytes=99
    )
    naps = [Box(command=("/bin/sleep", seconds), limits=limits) for seconds in ("2", "1000")]
    session = boxes.open((), 0)
    cells = [boxes.prepare(session, nap) for nap in naps]
    for cell in cells:
        await cell.fill(b"")
    works = [
        asyncio.create_task(boxes.go(cell, before))
        for cell, before in zip(cells, (None, cells[0]), strict=True)
    ]
    await until(lambda: cells[0].look_whether_started() and cells[1].is_sent)

    time.sleep(1.2)  # noqa: ASYNC251 - to be late
    first, second = await asyncio.gather(*works)

    await boxes.shut(session)
    assert first.late_ms >= 1_000
    assert second.excess == {Excess.WALL_TIME}
    assert second.late_ms < 1_000
    assert not second.is_void


@pytest.mark.parametrize(
    ("late_ms", "boxes", "faults"), [(10, 5, 0), (2_000, 5 + 3, 0), (20_000, 5 + 3, 5)]
)
async def test_what_a_late_server_cut_short_is_run_once_more_thrice_a_submission(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch, late_ms: int, boxes: int, faults: int
) -> None:
    made = 0
    go = Boxes.go

    async def cut_short(self: Boxes, cell: Cell, after: Cell | None = None) -> Outcome:
        nonlocal made
        outcome = await go(self, cell, after)
        if cell.box.limits.time_ms != SECOND.time_ms:
            return outcome  # the compiler's
        made += 1
        return replace(outcome, excess=frozenset({Excess.WALL_TIME}), late_ms=late_ms)

    monkeypatch.setattr(Boxes, "go", cut_short)
    _, runs = await judged(judge, job("bash", "true", *[b""] * 5, limits=SECOND))

    assert made == boxes
    assert len([one for one in runs if one.fault and "stood still" in one.fault]) == faults
    assert len([one for one in runs if one.excess == {Excess.WALL_TIME}]) == 5 - faults


async def test_a_second_run_that_goes_well_counts(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    go = Boxes.go

    async def cut_short(self: Boxes, cell: Cell, after: Cell | None = None) -> Outcome:
        nonlocal made
        outcome = await go(self, cell, after)
        made += cell.box.limits.time_ms == SECOND.time_ms
        if made != 1:
            return outcome
        return replace(outcome, excess=frozenset({Excess.WALL_TIME}), late_ms=20_000)

    monkeypatch.setattr(Boxes, "go", cut_short)
    _, (only,) = await judged(judge, job("bash", "cat", b"in", limits=SECOND))

    assert (only.stdout, only.excess, only.fault) == (b"in", frozenset(), None)
    assert made == 2


@contextmanager
def _comparing(threads: int) -> Iterator[None]:
    """Threads that hold the interpreter whenever they can, as comparing large outputs does."""
    is_over = threading.Event()
    checker = Checker(kind=CheckerKind.FLOAT, absolute="1e-6")
    wanted, other = b"1.0 " * (1 << 15), b"1.00 " * (1 << 15)

    def work() -> None:
        while not is_over.is_set():
            compare(checker, wanted, other)

    busy = [threading.Thread(target=work) for _ in range(threads)]
    for thread in busy:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in busy:
            thread.join()
