"""What judging costs beside what this machine can do at best, in one run.

Run by `make bench`, as it prints. Both sides take turns, round by round, so that a busy machine
slows both; each ratio is the median of the rounds' ratios.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from adapters.sandbox.judge import SandboxJudge
from domain.ids import ChallengeId
from domain.judgement import Verdict
from domain.limits import Limits
from domain.run import Compilation
from tests.adapters.sandbox.judging import ROOMY, job
from tests.benchmarks.measured import Spread, line
from tests.benchmarks.memory import resident
from tests.benchmarks.programs import PROGRAMS, TESTS, TINY, Program, examples, written
from tests.benchmarks.spending import Meter, meter
from tests.benchmarks.starts import boxed, plainly_judged, start
from tests.steadiness.platform import Platform, working

Kind = Literal["auto", "none"]
LANGUAGES = ("c", "cpp", "java", "python3")
ROUNDS = 6
TESTS_EACH = {"C": 100, "Python": 40}
BARE_EACH = {"C": 100, "Python": 40}
BOXED_EACH = 8
SETTLING = 5
"""The first tests of a submission, before what is prepared ahead has come into its rhythm."""
SUBMISSIONS = {"C++": 5, "Python": 5, "Java": 3}
LIMITS = Limits(time_ms=10_000, memory_kib=524_288)
CROWD = {"C++": 3, "Python": 8}
"""Submissions for each core, with all cores busy."""
CROWD_ROUNDS = 3


@asynccontextmanager
async def opened(
    folder: Path, *, kind: Kind, slots: int | None = None
) -> AsyncIterator[SandboxJudge]:
    judge = SandboxJudge(folder, slots=slots, allow_weak=True, only=LANGUAGES, cgroups=kind)
    try:
        await judge.settled()  # else its trials would run beside what is measured
        yield judge
    finally:
        await judge.close()


# --- one test ----------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Rounds:
    """Milliseconds a test, one entry a round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@pytest.mark.parametrize("kind", ["auto", "none"])
async def test_one_test_beside_a_bare_start(tmp_path: Path, kind: Kind) -> None:
    with meter() as spent_ms:
        async with opened(tmp_path, kind=kind, slots=1) as judge:
            report = await judge.describe()
            print(f"\n\nOne test, control groups {dict(report.cgroups)}; {ROUNDS} rounds")
            for name, program in TINY.items():
                bench = Bench(judge=judge, program=program, spent_ms=spent_ms)
                await _one_test(bench, name, tmp_path / name)


async def _one_test(bench: "Bench", name: str, folder: Path) -> None:
    program, place = bench.program, written(bench.program, folder)
    if program.compile:
        compiler = [word.format(folder=place) for word in program.compile]
        await asyncio.to_thread(subprocess.run, compiler, check=True)
    command = [word.format(folder=place) for word in program.run]
    bare, ours, anew = Rounds(), Rounds(), Rounds()
    await bench.judge_many(1)  # compiled from now on
    for _ in range(ROUNDS):
        bench.start_many(bare, command, BARE_EACH[name])
        bench.start_many(anew, boxed(command, place), BOXED_EACH)
        await bench.judge_many(TESTS_EACH[name], ours)
    print(line(f"{name}: wall time a test", ours.wall, bare.wall))
    print(line(f"{name}: CPU time a test", ours.cpu, bare.cpu))
    print(line(f"{name}: a new bubblewrap, wall", anew.wall, bare.wall))
    print(line(f"{name}: a new bubblewrap, CPU", anew.cpu, bare.cpu))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One program, started in different ways."""

    judge: SandboxJudge
    program: Program
    spent_ms: Meter

    def start_many(self, rounds: Rounds, command: list[str], count: int) -> None:
        starts = [start(command, spent_ms=self.spent_ms) for _ in range(count)]
        rounds.wall.append(statistics.mean(one.wall_ms for one in starts))
        rounds.cpu.append(statistics.mean(one.cpu_ms for one in starts))

    async def judge_many(self, tests: int, rounds: Rounds | None = None) -> None:
        """Wall time from run to run; CPU time of one job less that of one with a single test."""
        alone = await self._watched(1)
        many = await self._watched(tests + SETTLING)
        if rounds is not None:
            steady = many.seen[SETTLING - 1 :]
            rounds.wall.append(1_000 * (steady[-1] - steady[0]) / tests)
            rounds.cpu.append((many.cpu_ms - alone.cpu_ms) / (len(many.seen) - 1))

    async def _watched(self, tests: int) -> "Watched":
        language, source = self.program.language, self.program.source
        spent, seen = self.spent_ms(), []
        what = job(language, source, *[b""] * tests, limits=ROOMY)
        async with aclosing(self.judge.judge(what)) as said:
            async for event in said:
                if not isinstance(event, Compilation):
                    assert event.exit_code == 0, event
                    seen.append(time.perf_counter())
        return Watched(seen=seen, cpu_ms=self.spent_ms() - spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """When each run was told, and what the whole job cost."""

    seen: list[float]
    cpu_ms: float


# --- one submission ----------------------------------------------------------------------------


async def test_a_submission_beside_the_plain_compiler_and_bare_starts(tmp_path: Path) -> None:
    print(f"\n\nSubmissions with {TESTS} tests, hand-in to verdict on the memory set")
    async with opened(tmp_path, kind="auto") as judge, working(judge) as platform:
        challenge = await platform.challenge(examples(), LIMITS)
        for name, rounds in SUBMISSIONS.items():
            program, place = PROGRAMS[name], written(PROGRAMS[name], tmp_path / name)
            bare, cold, warm = [], [], []
            for number in range(rounds):
                bare.append(await asyncio.to_thread(plainly_judged, program, place))
                source = program.anew(number)
                cold.append(await _judged_ms(platform, challenge, program, source))
                warm.append(await _judged_ms(platform, challenge, program, source))
            print(line(f"{name}: never compiled before", cold, bare))
            print(line(f"{name}: compiled before", warm, bare))


async def _judged_ms(
    platform: Platform, challenge: ChallengeId, program: Program, source: str
) -> float:
    began = time.perf_counter()
    judgement = await platform.judged(challenge, program.language, source)
    took = 1_000 * (time.perf_counter() - began)
    assert judgement.verdict is Verdict.ACCEPTED, judgement
    return took


# --- all cores ---------------------------------------------------------------------------------


async def test_all_cores_beside_the_bare_limit(tmp_path: Path) -> None:
    async with opened(tmp_path, kind="auto") as judge, working(judge) as platform:
        print(f"\n\nSubmissions a second, {TESTS} tests each, {judge.slots} at once")
        challenge = await platform.challenge(examples(), LIMITS)
        for name, each in CROWD.items():
            program = PROGRAMS[name]
            places = [written(program, tmp_path / f"{name}-{n}") for n in range(judge.slots)]
            bare, cold, warm = [], [], []
            for number in range(CROWD_ROUNDS):
                bare.append(await _bare_crowd(name, places, each))
                sources = [program.anew(100 * number + n) for n in range(each * judge.slots)]
                cold.append(await _crowd(platform, challenge, program, sources))
                warm.append(await _crowd(platform, challenge, program, sources))
            print(line(f"{name}: never compiled before", cold, bare, unit="/s"))
            print(line(f"{name}: compiled before", warm, bare, unit="/s"))


async def _crowd(
    platform: Platform, challenge: ChallengeId, program: Program, sources: list[str]
) -> float:
    began = time.perf_counter()
    ids = [await platform.hand_in(challenge, program.language, source) for source in sources]
    judgements = await asyncio.gather(*(platform.judgement(one) for one in ids))
    took = time.perf_counter() - began
    assert {judgement.verdict for judgement in judgements} == {Verdict.ACCEPTED}
    return len(sources) / took


async def _bare_crowd(name: str, places: list[Path], each: int) -> float:
    """As many processes as cores, each compiling and starting, nothing else."""
    going = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.starts", str(place), name, str(each)),
            stdout=asyncio.subprocess.PIPE,
        )
        for place in places
    ]
    said = [(await process.communicate())[0].split() for process in going]
    took = max(float(end) for _, end in said) - min(float(began) for began, _ in said)
    return len(places) * each / took


# --- memory ------------------------------------------------------------------------------------


async def test_what_a_warm_slot_holds(tmp_path: Path) -> None:
    async with opened(tmp_path, kind="auto", slots=1) as judge:
        idle = resident()
        program = TINY["C"]
        what = job(program.language, program.source, *[b""] * 12, limits=ROOMY)
        print("\n\nMemory, in MiB: of this process, and of all that it started")
        print(f"{'idle, languages tried':44} {idle}")
        async with aclosing(judge.judge(what)) as said:
            held = [resident() async for event in said if not isinstance(event, Compilation)]
        middle = sorted(held, key=lambda one: one.started_pss_mib)[len(held) // 2]
        print(f"{'one slot, in the midst of tests':44} {middle}")
        added = Spread.of([one.started_pss_mib for one in held])
        print(f"{'what a slot adds (PSS)':44} {added} MiB")
