"""However many submissions were judged, nothing of them is left.

`make steadiness` judges 1,000 in a row.
"""

import contextlib
import gc
from itertools import cycle, islice
from pathlib import Path

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.judgement import Verdict
from domain.limits import Limits
from tests.adapters.sandbox.judging import until
from tests.soaking import SOAKING
from tests.steadiness.leftovers import Held, held, resident_kib
from tests.steadiness.platform import Platform, working

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(0 if SOAKING else 300)]

TIMES = 1_000 if SOAKING else 60
FIRST = 20
"""Submissions until caches, threads and the allocator's arenas are what they will be."""
MOST_GROWTH_KIB = 24 * 1024 if SOAKING else 8 * 1024
_CALM = 50
"""Looks, each some milliseconds after the one before."""
LIMITS = Limits(time_ms=200, memory_kib=65_536, output_kib=64)
PROGRAMS = (
    ("bash", "cat", Verdict.ACCEPTED),
    ("bash", "echo wrong", Verdict.WRONG_ANSWER),
    ("bash", "sleep 1000 & sleep 1000 & cat", Verdict.ACCEPTED),
    ("bash", "while :; do :; done", Verdict.TIME_LIMIT_EXCEEDED),
    ("bash", "kill -SEGV $$", Verdict.RUNTIME_ERROR),
    ("bash", "yes", Verdict.OUTPUT_LIMIT_EXCEEDED),
    ("bash", "if", Verdict.COMPILE_ERROR),
    ("python3", "held = bytearray(200 << 20)", Verdict.MEMORY_LIMIT_EXCEEDED),
    ("c", '#include <stdio.h>\nint main(void) { puts("1"); }', Verdict.ACCEPTED),
    ("bash", "for n in {1..200}; do : > /tmp/$n; mkdir /box/$n; done; cat", Verdict.ACCEPTED),
)


async def test_nothing_is_left_of_many_submissions(
    judge: SandboxJudge, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp() / "steady0"
    async with working(judge) as platform:
        await _judge_many(platform, FIRST)
        before = await _settled(home)
        resident = resident_kib()

        await _judge_many(platform, TIMES)

        after = await _settled(home, before)
        gc.collect()
        grown = resident_kib() - resident
    print(f"\n{TIMES} submissions: {after}; grown by {grown} KiB", end="")
    assert after == before
    assert grown < MOST_GROWTH_KIB


async def _judge_many(platform: Platform, count: int) -> None:
    challenge = await platform.challenge([(b"1\n", b"1\n"), (b"1\n", b"1\n")], LIMITS)
    for number, (language, source, verdict) in enumerate(islice(cycle(PROGRAMS), count)):
        fresh = f"{source}\n{'//' if language == 'c' else '#'} {number}\n"
        judgement = await platform.judged(challenge, language, fresh)
        assert judgement.verdict is verdict, (source, judgement)
        assert judgement.fault is None


async def _settled(home: Path, wanted: Held | None = None) -> Held:
    """What is held once nothing changes any more, or once it is what was wanted."""
    seen: list[Held] = []

    def is_settled() -> bool:
        seen.append(held(home))
        return seen[-1] == wanted or (wanted is None and _is_calm(seen))

    with contextlib.suppress(TimeoutError):  # then what is too much is told
        await until(is_settled)
    return seen[-1]


def _is_calm(seen: list[Held]) -> bool:
    return len(seen) > _CALM and len(set(seen[-_CALM:])) == 1
