"""One box at a time: how it is timed when the server stands still, and how it is ended."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio

from adapters.sandbox.box import Box, BoxLimits
from adapters.sandbox.machine import Machine
from adapters.sandbox.outcome import BoxesClosed, MachineSpent
from adapters.sandbox.running import Boxes
from domain.run import Excess
from tests.adapters.sandbox.judging import groups_of, processes, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIMITS = BoxLimits(
    time_ms=500, kill_time_ms=550, wall_time_ms=1_000, memory_kib=65_536, stdout_bytes=1_024
)
_FOR_LONG = f"1000.{os.getpid()}"
"""As nobody else sleeps, though other tests are at work on this machine."""
SLEEPER = Box(
    command=("/bin/sleep", _FOR_LONG),
    limits=replace(LIMITS, wall_time_ms=100_000),  # it ends because it is ended
)


# --- a server that stands still ----------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def stall() -> AsyncIterator[None]:
    """The server stands still for 2 s whenever it has had 100 ms for its work."""
    stalling = asyncio.create_task(_stand_still())
    yield
    stalling.cancel()


async def _stand_still() -> None:
    while True:
        await asyncio.sleep(0.1)
        time.sleep(2)  # noqa: ASYNC251 - the very thing


@pytest.mark.parametrize("seconds", ["0.5", "1.2"])
@pytest.mark.usefixtures("stall")
async def test_the_time_that_the_server_stood_still_does_not_count(
    boxes: Boxes, seconds: str
) -> None:
    outcome = await boxes.run(Box(command=("/bin/sleep", seconds), limits=LIMITS), 0)

    assert (outcome.exit_code, outcome.excess) == (0, frozenset())
    assert float(seconds) * 1000 <= outcome.wall_ms < 2_000


@pytest.mark.usefixtures("stall")
async def test_a_server_that_often_stands_still_ends_a_sleeper_all_the_same(boxes: Boxes) -> None:
    outcome = await boxes.run(Box(command=("/bin/sleep", "1000"), limits=LIMITS), 0)

    assert outcome.excess == {Excess.WALL_TIME}
    assert outcome.is_doubtful


# --- an end while a box is being made ----------------------------------------------------------


async def _closed_after(boxes: Boxes, delay: float) -> None:
    work = asyncio.ensure_future(boxes.run(SLEEPER, 0))
    await asyncio.sleep(delay)
    await boxes.close()
    with pytest.raises(BoxesClosed):
        await work


async def _cancelled_after(boxes: Boxes, delay: float) -> None:
    work = asyncio.ensure_future(boxes.run(SLEEPER, 0))
    await asyncio.sleep(delay)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


@pytest.mark.parametrize("end", [_closed_after, _cancelled_after])
async def test_a_box_can_be_ended_at_any_moment(
    machine: Machine, end: Callable[[Boxes, float], asyncio.Future[None]]
) -> None:
    assert machine.boxing is not None
    for step in range(60):
        boxes = Boxes(machine.boxing, machine.cgroups)

        await asyncio.wait_for(end(boxes, step * 0.0002), timeout=60)

    assert _sleepers() == {}


def _sleepers() -> dict[str, bytes]:
    """Every process that has to do with a sleeper's box, by its number: what it was called with."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if f"/bin/sleep\0{_FOR_LONG}".encode() in command:
                found[folder.name] = command
    return found


def _is_asleep() -> bool:
    return any(command.startswith(b"/bin/sleep") for command in _sleepers().values())


async def test_all_that_makes_a_box_is_in_its_group(machine: Machine, boxes: Boxes) -> None:
    work = asyncio.ensure_future(boxes.run(SLEEPER, 0))
    await until(_is_asleep)

    held = [pid for group in groups_of(os.getpid()) for pid in processes(group)]
    everyone = set(_sleepers())

    await boxes.close()
    with pytest.raises(BoxesClosed):
        await work
    assert machine.cgroups.kill is None or everyone <= set(held)


# --- a machine that has run out ----------------------------------------------------------------


@pytest.mark.parametrize("call", ["pidfd_open", "fchown", "memfd_create", "posix_spawn"])
async def test_without_descriptors_nothing_is_started_and_nothing_leaks(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = _open_descriptors(), _children()
    with monkeypatch.context() as spent:
        spent.setattr(os, call, _no_descriptors)

        with pytest.raises(MachineSpent, match="Too many open files"):
            await asyncio.wait_for(boxes.run(SLEEPER, 0), timeout=60)

    assert (_open_descriptors(), _children()) == before
    assert _sleepers() == {}


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _children() -> str:
    """Those that live, and those that nobody has buried."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def _no_descriptors(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


# --- what comes out ----------------------------------------------------------------------------


async def test_a_flood_that_nobody_keeps_is_read_at_leisure(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("/bin/sh", "-c", "head -c 30000000 /dev/zero >&2; exit 3")
    reads: list[int] = []
    read = os.read

    def counted(descriptor: int, size: int) -> bytes:
        reads.append(size)
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", counted)
    roomy = replace(LIMITS, time_ms=5_000, kill_time_ms=5_500, wall_time_ms=30_000)
    outcome = await boxes.run(Box(command=command, limits=roomy), 0)

    assert (outcome.exit_code, len(outcome.stderr)) == (3, 65_536)
    assert len(reads) < 50
    assert max(reads) <= 65_536


async def test_a_large_input_comes_whole_and_its_descriptor_goes(boxes: Boxes) -> None:
    before = _open_descriptors()
    data = bytes(range(256)) * 20_000

    outcome = await boxes.run(Box(command=("/usr/bin/wc", "-c"), limits=LIMITS, stdin=data), 0)

    assert outcome.stdout == b"5120000\n"
    assert _open_descriptors() == before
