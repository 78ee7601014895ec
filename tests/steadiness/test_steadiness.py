"""Verdicts do not waver, however busy the machine is with other submissions.

`make steadiness` judges each program 300 times.
"""

import asyncio
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count as count_from

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.ids import ChallengeId
from domain.judgement import Judgement, Verdict
from domain.limits import Limits
from tests.soaking import SOAKING
from tests.steadiness.platform import Platform, working

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(0 if SOAKING else 300)]

TIMES = 300 if SOAKING else 12
CROWD = 4
"""Submissions beside it for each core, all the time."""
LIMITS = Limits(time_ms=250, memory_kib=65_536)
_SPIN = """#include <stdio.h>
#include <time.h>
int main(void) {{
    struct timespec now;
    volatile unsigned long turns = 0;
    do {{
        for (int n = 0; n < 10000; n++) turns++;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    }} while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < {ms});
    puts("done");
}}
"""
_HUNGRY = """#include <stdlib.h>
#include <string.h>
#include <stdio.h>
int main(void) {
    for (int n = 0; n < 64; n++) {
        char *piece = malloc(2 << 20);
        if (!piece) return 1;
        memset(piece, n + 1, 2 << 20);
    }
    puts("done");
}
"""
_BESIDE = {"c": _SPIN.format(ms=40), "bash": "for n in {1..4000}; do :; done; echo done"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    source: str
    verdict: Verdict


CASES = {
    "accepted, with 60 % of its time": Case(
        source=_SPIN.format(ms=LIMITS.time_ms * 6 // 10), verdict=Verdict.ACCEPTED
    ),
    "20 % over its time": Case(
        source=_SPIN.format(ms=LIMITS.time_ms * 12 // 10), verdict=Verdict.TIME_LIMIT_EXCEEDED
    ),
    "twice its memory": Case(source=_HUNGRY, verdict=Verdict.MEMORY_LIMIT_EXCEEDED),
}


async def test_no_verdict_changes_while_the_machine_is_full(judge: SandboxJudge) -> None:
    found: Mapping[str, list[Judgement]] = {name: [] for name in CASES}

    async with working(judge) as platform:
        challenge = await platform.challenge([(b"", b"done\n")], LIMITS)
        async with _beside(platform, challenge, CROWD * judge.slots) as others:
            for _ in range(TIMES):
                for name, case in CASES.items():
                    found[name].append(await platform.judged(challenge, "c", case.source))
            wavering = others()

    for name, judgements in found.items():
        print(f"\n{name}: {_told(judgements)}", end="")
    verdicts = {name: Counter(one.verdict for one in each) for name, each in found.items()}
    assert verdicts == {name: {case.verdict: TIMES} for name, case in CASES.items()}
    assert wavering == {Verdict.ACCEPTED}


@asynccontextmanager
async def _beside(
    platform: Platform, challenge: ChallengeId, count: int
) -> AsyncIterator[Callable[[], set[Verdict]]]:
    """That many others are handed in at any time; gives the verdicts that they had so far."""
    verdicts: set[Verdict] = set()
    fresh = count_from(1)

    async def one_after_the_other(number: int) -> None:
        language = list(_BESIDE)[number % len(_BESIDE)]
        mark = "//" if language == "c" else "#"
        while True:
            source = f"{_BESIDE[language]}\n{mark} {next(fresh)}\n"  # nobody compiled it before
            judgement = await platform.judged(challenge, language, source)
            verdicts.add(judgement.verdict)

    tasks = [asyncio.create_task(one_after_the_other(n)) for n in range(count)]
    try:
        yield lambda: verdicts
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _told(judgements: list[Judgement]) -> str:
    times = sorted(one.cpu_ms for one in judgements if one.cpu_ms is not None)
    peaks = sorted(one.memory_kib for one in judgements if one.memory_kib is not None)
    return (
        f"{len(judgements)} times; CPU {times[0]} to {times[-1]} ms, "
        f"median {statistics.median(times):g}; memory {peaks[0]} to {peaks[-1]} KiB"
    )
