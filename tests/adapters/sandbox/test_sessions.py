"""One box for all runs: what one leaves is not there for the next, and what breaks is replaced."""

import asyncio
import errno
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio

from adapters.sandbox import waiting
from adapters.sandbox.ahead import RunsInOneBox
from adapters.sandbox.box import Bind, Box, BoxLimits
from adapters.sandbox.cell import Cell
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.machine import Machine
from adapters.sandbox.outcome import BoxBroken, BoxesClosed, MachineSpent, Outcome
from adapters.sandbox.pipeline import Pipeline
from adapters.sandbox.running import Boxes
from application.ports.judge import JudgeInput
from domain.run import Excess
from tests.adapters.sandbox.judging import (
    ROOMY,
    given,
    groups_of,
    job,
    judged,
    processes,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIMITS = BoxLimits(
    time_ms=5_000, kill_time_ms=5_500, wall_time_ms=10_000, memory_kib=65_536, stdout_bytes=1_024
)
CAT = Box(command=("/bin/cat",), limits=LIMITS)
NAP = Box(command=("/bin/sleep", "1"), limits=LIMITS)
SLEEPER = Box(command=("/bin/sleep", "1000"), limits=replace(LIMITS, wall_time_ms=200))
_EAT = "import time; time.sleep(2); bytearray(100 << 20)"
GLUTTON = Box(command=("/usr/bin/python3", "-S", "-E", "-c", _EAT), limits=LIMITS)


# --- nothing of one run is there for the next --------------------------------------------------

_LEAVE_OR_LOOK = """
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
folders = ("/box", "/tmp", "/dev/shm")
if input() == "leave":
    for folder in folders:
        with open(folder + "/left", "wb") as file:
            file.write(bytes(20 << 20))
    assert libc.shmget(4711, 4096, 0o1666) >= 0
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, 3)
        time.sleep(1000)
else:
    numbers = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    print([os.listdir(folder) for folder in folders], libc.shmget(4711, 0, 0), numbers)
"""


async def test_a_run_finds_nothing_of_the_one_before(judge: SandboxJudge) -> None:
    what = job("python3", _LEAVE_OR_LOOK, b"leave\n", b"look\n", limits=ROOMY)

    _, (leaving, looking) = await judged(judge, what)

    assert (leaving.exit_code, leaving.stderr) == (0, b"")
    assert looking.stdout == b"[[], [], []] -1 [1, 2]\n"
    assert leaving.memory_kib > 60 << 10
    assert looking.memory_kib < 30 << 10


async def test_results_come_in_order_whatever_each_run_takes(judge: SandboxJudge) -> None:
    inputs = [f"{seconds}\n".encode() for seconds in (0.3, 0, 0.2, 0, 0, 0.1)]

    _, runs = await judged(judge, job("bash", 'read -r s; sleep "$s"; echo "$s"', *inputs))

    assert [run.stdout for run in runs] == inputs
    assert [run.ordinal for run in runs] == [1, 2, 3, 4, 5, 6]


async def test_the_next_run_goes_on_while_one_is_looked_at_and_no_other(
    judge: SandboxJudge,
) -> None:
    loaded: list[int] = []
    what = job("c", "int main(void) { return 0; }", *[b""] * 9)
    async with aclosing(judge.judge(what)) as said:
        await anext(said)
        await anext(said)
        await asyncio.sleep(0.5)  # more than all would take
        loaded = [int(group.name.rpartition("-")[2]) for group in groups_of(os.getpid())
                  if not group.name.endswith("makers")]  # fmt: skip

    assert len(set(loaded)) <= 3


# --- where a program runs ----------------------------------------------------------------------


@pytest.mark.parametrize("slot", [0, 1, 2])
async def test_a_slot_has_a_processor_of_its_own(boxes: Boxes, slot: int) -> None:
    ours = os.sched_getaffinity(0)
    command = ("/bin/grep", "Cpus_allowed_list", "/proc/self/status")

    outcome = await boxes.run(Box(command=command, limits=LIMITS), slot)

    one = sorted(ours)[slot % len(ours)]
    assert outcome.stdout.split() == [b"Cpus_allowed_list:", str(one).encode()]
    assert os.sched_getaffinity(0) == ours


# --- cells that are not used -------------------------------------------------------------------


async def test_what_was_prepared_in_vain_leaves_nothing(boxes: Boxes) -> None:
    before = _descriptors(), _children()
    session = boxes.open((), 0)
    cells = [boxes.prepare(session, CAT) for _ in range(3)]
    await cells[0].fill(b"in")
    await until(lambda: len([g for g in groups_of(os.getpid()) if processes(g)]) >= len(cells))

    await boxes.shut(session)

    assert (_descriptors(), _children()) == before
    assert groups_of(os.getpid()) == []


async def test_a_cell_is_thrown_away_without_its_box(boxes: Boxes) -> None:
    session = boxes.open((), 0)
    unused, used = boxes.prepare(session, CAT), boxes.prepare(session, CAT)
    await used.fill(b"in")

    unused.release()
    outcome = await boxes.go(used)

    assert outcome.stdout == b"in"
    await boxes.shut(session)
    assert groups_of(os.getpid()) == []


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


# --- boxes that break --------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def runs(boxes: Boxes) -> AsyncIterator[RunsInOneBox]:
    opened = RunsInOneBox(boxes, 0)
    opened.begin(())
    yield opened
    await opened.close()


async def _with_its_box_killed(runs: RunsInOneBox, box: Box) -> Outcome:
    cell = await runs.ready(box, b"")
    work = asyncio.ensure_future(runs.run(box, b"", cell))
    await until(lambda: cell.look_whether_started() or work.done())
    os.kill(_launcher_of(cell), signal.SIGKILL)
    return await work


def _launcher_of(cell: Cell) -> int:
    """The child of this process below which it runs: there may be boxes of others."""
    pid = cell.roots()[0]
    while (parent := _parent_of(pid)) != os.getpid():
        pid = parent
    return pid


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def test_a_box_that_was_killed_is_replaced_once(runs: RunsInOneBox) -> None:
    outcome = await _with_its_box_killed(runs, NAP)

    assert (outcome.exit_code, outcome.signal) == (0, None)
    with pytest.raises(BoxBroken):
        await _with_its_box_killed(runs, NAP)


async def test_what_was_ready_in_a_killed_box_runs_in_the_next(runs: RunsInOneBox) -> None:
    ready = await runs.ready(CAT, b"in")
    await _with_its_box_killed(runs, NAP)

    outcome = await runs.run(CAT, b"in", ready)

    assert outcome.stdout == b"in"


# --- ending early ------------------------------------------------------------------------------


class _Lost(Exception):
    """An input cannot be loaded."""


@pytest.mark.parametrize("turns", range(7))
async def test_nothing_is_begun_once_a_pipeline_ends(boxes: Boxes, turns: int) -> None:
    """Whatever wakes up at that moment: the second input arrives while the first one is lost."""
    before, asked = asyncio.all_tasks(), asyncio.Event()

    async def lost() -> bytes:
        raise _Lost

    async def late() -> bytes:
        for _ in range(turns):
            await asyncio.sleep(0)
        return b""

    async def never() -> bytes:
        await asked.wait()
        return b""

    runs = RunsInOneBox(boxes, 0)
    inputs = tuple(JudgeInput(ordinal=n, load=load) for n, load in enumerate((lost, late, never)))
    with pytest.raises(_Lost):
        async with aclosing(Pipeline(runs, CAT, inputs).outcomes()) as outcomes:
            await anext(outcomes)
    await runs.close()

    left = asyncio.all_tasks() - before
    asked.set()
    await asyncio.gather(*left, return_exceptions=True)
    assert (left, groups_of(os.getpid())) == (set(), [])


async def test_no_box_is_opened_after_the_last_was_closed(boxes: Boxes) -> None:
    runs = RunsInOneBox(boxes, 0)
    await runs.close()
    with pytest.raises(BoxesClosed):
        await runs.ready(CAT, b"")
    assert groups_of(os.getpid()) == []


async def test_a_box_is_closed_when_nobody_needs_it_any_more_whatever_failed_before(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = boxes.open((), 0)
    with monkeypatch.context() as spent:
        spent.setattr(socket, "socketpair", _no_descriptors)
        with pytest.raises(MachineSpent):
            boxes.prepare(session, CAT)
    cell = boxes.prepare(session, NAP)
    await cell.fill(b"")
    cell.go()

    closing = asyncio.create_task(boxes.shut(session))
    await cell.over()
    await asyncio.wait({closing}, timeout=0.1)  # more than it takes where it does not wait

    assert not closing.done()
    cell.release()
    await closing
    assert groups_of(os.getpid()) == []


async def test_groups_that_the_kernel_held_for_long_go_when_another_box_is_closed(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = boxes.open((), 0)
    cell = boxes.prepare(session, CAT)
    await cell.fill(b"")
    groups = groups_of(os.getpid())
    held = [group / "held" for group in groups]  # keeps it there as a dying process does
    for one in held:
        one.mkdir()
    with monkeypatch.context() as impatient:
        impatient.setattr(waiting, "_TRIES", 2)
        await boxes.shut(session)
    assert groups_of(os.getpid()) == groups
    for one in held:
        one.rmdir()

    await boxes.shut(boxes.open((), 0))

    assert groups_of(os.getpid()) == []


# --- a machine that runs out while a program runs ----------------------------------------------


@contextmanager
def _nothing_can_be_opened() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_program_that_nobody_could_end_is_ended_with_its_box(
    boxes: Boxes,
) -> None:
    unforeseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: unforeseen.append(what))
    session = boxes.open((), 0)
    cell = boxes.prepare(session, SLEEPER)
    await cell.fill(b"")

    with _nothing_can_be_opened(), pytest.raises(MachineSpent, match="no descriptor"):
        await asyncio.wait_for(boxes.go(cell), timeout=60)

    cell.kill()
    await boxes.shut(session)
    asyncio.get_running_loop().set_exception_handler(None)
    assert unforeseen == []
    assert groups_of(os.getpid()) == []


async def test_an_end_that_cannot_be_looked_into_is_no_fault_of_the_program(
    boxes: Boxes, machine: Machine
) -> None:
    if machine.cgroups.memory is None:
        pytest.skip("no group says what a program used")
    session = boxes.open((), 0)
    cell = boxes.prepare(session, GLUTTON)
    await cell.fill(b"")
    work = asyncio.create_task(boxes.go(cell))
    await until(lambda: cell.look_whether_started())

    with _nothing_can_be_opened(), pytest.raises(MachineSpent, match="could not be read"):
        await work

    await boxes.shut(session)


def _no_descriptors(*_: object) -> NoReturn:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


# --- near the limit ----------------------------------------------------------------------------

_BURN = """
import os, time
enough = 0.05 if os.path.exists("/app/again") else {seconds}
while time.process_time() < enough:
    pass
os.write(1, b"first" if enough > 0.05 else b"again")
os._exit(0)
"""


class _Marking(Boxes):
    """Shows each program whether one has run before."""

    def __init__(self, machine: Machine, folder: Path, *, marks: bool) -> None:
        assert machine.boxing is not None
        super().__init__(machine.boxing, machine.cgroups)
        self._mark = folder / "again" if marks else folder / "nothing"
        self.count = 0

    async def go(self, cell: Cell, after: Cell | None = None) -> Outcome:
        outcome = await super().go(cell, after)
        self._mark.touch()
        self.count += 1
        return outcome


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that the box's uid can see into."""
    tmp_path.chmod(0o755)
    return tmp_path


async def _burnt(boxes: _Marking, folder: Path, seconds: float, tests: int) -> list[Outcome]:
    box = Box(
        command=("/usr/bin/python3", "-S", "-E", "-c", _BURN.format(seconds=seconds)),
        limits=BoxLimits(
            time_ms=400, kill_time_ms=440, wall_time_ms=9_000, memory_kib=65_536, stdout_bytes=99
        ),
        binds=(Bind(source=folder, target="/app"),),
    )
    runs = RunsInOneBox(boxes, 0)
    inputs = tuple(given(n, b"") for n in range(tests))
    outcomes = [one async for one in Pipeline(runs, box, inputs).outcomes()]
    await runs.close()
    return [one for one in outcomes if isinstance(one, Outcome)]


async def test_a_second_run_within_the_limit_counts_whole(machine: Machine, folder: Path) -> None:
    boxes = _Marking(machine, folder, marks=True)

    (outcome,) = await _burnt(boxes, folder, 0.41, 1)

    assert (outcome.stdout, outcome.excess, boxes.count) == (b"again", frozenset(), 2)
    assert outcome.cpu_ms < 400


async def test_three_tests_near_the_limit_are_run_again(machine: Machine, folder: Path) -> None:
    boxes = _Marking(machine, folder, marks=False)

    outcomes = await _burnt(boxes, folder, 0.41, 4)

    assert [one.excess for one in outcomes] == [frozenset({Excess.CPU_TIME})] * 4
    assert [one.stdout for one in outcomes] == [b"first"] * 4
    assert boxes.count == 4 + 3


async def test_a_test_far_over_the_limit_is_not_run_again(machine: Machine, folder: Path) -> None:
    boxes = _Marking(machine, folder, marks=True)

    (outcome,) = await _burnt(boxes, folder, 9, 1)

    assert (outcome.signal, boxes.count) == (signal.SIGKILL, 1)
