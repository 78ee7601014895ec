"""Running programs: every adapter of `JudgePort` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from application.ports.judge import JobRefused, JudgeInput, JudgeJob
from domain.checker_program import CheckerProgram
from domain.checker_report import CheckerReport
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.limits import Limits
from domain.program import single_file
from domain.run import Compilation, Excess, Run
from tests.contracts.adapters_of import JUDGES
from tests.contracts.in_hand import JudgeInHand

LIMITS = Limits(time_ms=1_000, memory_kib=65_536, output_kib=64)


pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One judge serves all, as it would in a worker: a sandbox takes seconds to try its languages."""


@pytest_asyncio.fixture(params=JUDGES, scope="module", loop_scope="module")
async def in_hand(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[JudgeInHand]:
    async with JUDGES[request.param](tmp_path_factory.mktemp("judge")) as in_hand:
        yield in_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Inputs that remember which of them were loaded."""

    contents: Sequence[bytes]
    loaded: list[int] = field(default_factory=list)

    def as_given(self) -> tuple[JudgeInput, ...]:
        return tuple(self._input(n, content) for n, content in enumerate(self.contents, 1))

    def _input(self, ordinal: int, content: bytes) -> JudgeInput:
        async def load() -> bytes:
            await asyncio.sleep(0)
            self.loaded.append(ordinal)
            return content

        return JudgeInput(ordinal=ordinal, load=load)


# --- what is offered ---------------------------------------------------------------------------


async def test_the_languages_offered_are_sorted_and_there_is_one_at_least(
    in_hand: JudgeInHand,
) -> None:
    offered = [language.id for language in await in_hand.judge.languages()]
    assert in_hand.language in offered
    assert offered == sorted(set(offered))


async def test_there_is_a_slot_at_least(in_hand: JudgeInHand) -> None:
    assert in_hand.judge.slots >= 1


@pytest.mark.parametrize("language", ["no-such", "", "PYTHON3", "python3 "])
async def test_a_language_that_is_not_offered_is_refused(
    in_hand: JudgeInHand, language: str
) -> None:
    job = replace(_job(in_hand, in_hand.echo, b""), language=LanguageId(language))
    with pytest.raises(LanguageNotOffered) as refusal:
        await _events(in_hand, job)
    assert refusal.value.language == language


# --- what comes back ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"1 2\r\n", b"no end of line", b"\x00\xff\x80", bytes(range(256)) * 255],
    ids=["empty", "line-end", "line", "no-line-end", "not-utf-8", "64-kib"],
)
async def test_a_program_reads_its_input_to_the_byte(in_hand: JudgeInHand, content: bytes) -> None:
    run = await _run(in_hand, in_hand.echo, content)
    assert (run.stdout, run.stderr, run.exit_code, run.signal) == (content, b"", 0, None)
    assert run.ended_well


async def test_a_compilation_comes_first_then_a_run_an_input_in_order(
    in_hand: JudgeInHand,
) -> None:
    contents = [f"{n}\n".encode() for n in range(1, 13)]
    compilation, *runs = await _events(in_hand, _job(in_hand, in_hand.echo, *contents))
    assert isinstance(compilation, Compilation)
    assert compilation.ok
    assert [run.ordinal for run in runs if isinstance(run, Run)] == list(range(1, 13))
    assert [run.stdout for run in runs if isinstance(run, Run)] == contents


async def test_ordinals_are_those_that_were_given(in_hand: JudgeInHand) -> None:
    inputs = Inputs(contents=[b"1", b"2"]).as_given()
    numbered = (replace(inputs[0], ordinal=7), replace(inputs[1], ordinal=3))
    job = replace(_job(in_hand, in_hand.echo), inputs=numbered)
    runs = [event for event in await _events(in_hand, job) if isinstance(event, Run)]
    assert {(run.ordinal, run.stdout) for run in runs} == {(7, b"1"), (3, b"2")}


async def test_a_program_without_inputs_is_compiled_alone(in_hand: JudgeInHand) -> None:
    (compilation,) = await _events(in_hand, _job(in_hand, in_hand.echo))
    assert compilation == replace(_compilation(compilation), ok=True)


async def test_a_compile_error_is_all_there_is(in_hand: JudgeInHand) -> None:
    inputs = Inputs(contents=[b"1", b"2"])
    job = replace(_job(in_hand, in_hand.not_a_program), inputs=inputs.as_given())
    (event,) = await _events(in_hand, job)
    compilation = _compilation(event)
    assert (compilation.ok, compilation.fault) == (False, None)
    assert tuple(inputs.loaded) == in_hand.loaded_by_compiling
    assert compilation.output


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_compilation_names_by_what_it_is_judged(
    in_hand: JudgeInHand, *, compiles: bool
) -> None:
    program = in_hand.echo if compiles else in_hand.not_a_program
    compilation = _compilation((await _events(in_hand, _job(in_hand, program, b"")))[0])
    means = compilation.means
    assert means is not None
    assert 0 < len(means.toolchain) <= 400
    assert means.toolchain.isprintable()
    assert 0 < len(means.judge) <= 400
    assert means.wall_time_ms == LIMITS.wall_time_ms


async def test_standard_error_comes_back_apart(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.complain, b"")
    assert (run.stdout, run.stderr) == (b"", b"oh no\n")


async def test_a_program_that_reads_nothing_ends_well(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.print_hello, b"x" * 1_000_000)
    assert (run.stdout, run.ended_well) == (b"hello\n", True)


async def test_an_exit_code_comes_back(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.exit_with_3, b"")
    assert (run.exit_code, run.signal, run.excess, run.fault) == (3, None, frozenset(), None)


async def test_a_signal_comes_back(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.end_by_signal_11, b"")
    assert (run.exit_code, run.signal, run.excess, run.fault) == (None, 11, frozenset(), None)


async def test_figures_are_there(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.echo, b"1")
    assert 0 <= run.cpu_ms <= LIMITS.time_ms
    assert 0 <= run.wall_ms <= LIMITS.wall_time_ms
    assert 0 < run.memory_kib <= LIMITS.memory_kib


# --- limits ------------------------------------------------------------------------------------


async def test_too_much_cpu_time_is_seen(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.spend_much_cpu_time, b"", limits=replace(LIMITS, time_ms=200))
    assert Excess.CPU_TIME in run.excess
    assert run.cpu_ms > 200
    assert (run.exit_code, run.fault) == (None, None)


async def test_too_much_wall_time_is_seen(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.sleep_for_long, b"", limits=replace(LIMITS, time_ms=50))
    assert run.excess == {Excess.WALL_TIME}
    assert run.wall_ms >= 2_050


async def test_too_much_memory_is_seen(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.eat_much_memory, b"")
    assert Excess.MEMORY in run.excess
    assert run.fault is None


async def test_too_much_output_is_seen_and_cut(in_hand: JudgeInHand) -> None:
    run = await _run(in_hand, in_hand.flood, b"")
    assert Excess.OUTPUT in run.excess
    assert len(run.stdout) <= LIMITS.output_kib * 1024
    assert run.fault is None


async def test_one_test_over_a_limit_does_not_touch_the_next(in_hand: JudgeInHand) -> None:
    runs = await _runs(in_hand, _job(in_hand, in_hand.flood, b"", b""))
    assert [run.ordinal for run in runs] == [1, 2]
    assert [Excess.OUTPUT in run.excess for run in runs] == [True, True]


# --- checkers ----------------------------------------------------------------------------------


async def test_a_checker_says_what_it_makes_of_each_run_that_ended_well(
    in_hand: JudgeInHand,
) -> None:
    job = _checked(in_hand, in_hand.echo, (b"1\n", b"1\n"), (b"2\n", b"3\n"))
    said = [CheckerReport(accepted=answer, team_message="look") for answer in (True, False)]
    assert await _reports(in_hand, job) == (said if in_hand.checker else "refused")


async def test_what_failed_is_not_checked(in_hand: JudgeInHand) -> None:
    job = _checked(in_hand, in_hand.exit_with_3, (b"1\n", b"1\n"))
    assert await _reports(in_hand, job) == ([None] if in_hand.checker else "refused")


async def test_no_checker_no_report(in_hand: JudgeInHand) -> None:
    assert await _reports(in_hand, _job(in_hand, in_hand.echo, b"1")) == [None]


async def test_a_checker_that_does_not_compile_refuses_the_job(in_hand: JudgeInHand) -> None:
    job = _checked(in_hand, in_hand.echo, (b"1\n", b"1\n"))
    broken = _checker(in_hand, in_hand.not_a_program)
    assert await _reports(in_hand, replace(job, checker=broken)) == "refused"


async def test_a_checker_may_be_tried_beforehand(in_hand: JudgeInHand) -> None:
    good = await _tried(in_hand, _checker(in_hand, in_hand.checker or ""))
    broken = await _tried(in_hand, _checker(in_hand, in_hand.not_a_program))
    assert (good, broken) == ((True, False) if in_hand.checker else ("refused", "refused"))


async def test_a_checker_in_no_language_of_the_judge_cannot_be_tried(in_hand: JudgeInHand) -> None:
    checker = replace(_checker(in_hand, ""), language=LanguageId("cobol"))
    with pytest.raises((LanguageNotOffered, JobRefused)):
        await in_hand.judge.try_checker(checker)


async def test_whether_it_runs_checkers_a_judge_says_with_its_languages(
    in_hand: JudgeInHand,
) -> None:
    offered = {language.id: language for language in await in_hand.judge.languages()}
    assert offered[in_hand.language].runs_checkers == (in_hand.checker is not None)


# --- the work itself ---------------------------------------------------------------------------


async def test_stopping_ends_the_work(in_hand: JudgeInHand) -> None:
    inputs = Inputs(contents=[b"1"] * 200)
    job = replace(_job(in_hand, in_hand.echo), inputs=inputs.as_given())
    async with aclosing(in_hand.judge.judge(job)) as events:
        await anext(events)
        await anext(events)
    loaded = len(inputs.loaded)
    await _run(in_hand, in_hand.echo, b"meanwhile")
    assert loaded == len(inputs.loaded)
    assert loaded < 100


async def test_inputs_are_not_loaded_long_before_they_are_run(in_hand: JudgeInHand) -> None:
    inputs = Inputs(contents=[b"1"] * 50)
    job = replace(_job(in_hand, in_hand.echo), inputs=inputs.as_given())
    async with aclosing(in_hand.judge.judge(job)) as events:
        await anext(events)
        assert len(inputs.loaded) <= 4


async def test_a_consumer_that_is_cancelled_ends_the_work(in_hand: JudgeInHand) -> None:
    started = asyncio.Event()

    async def load() -> bytes:
        started.set()
        return b""

    job = replace(
        _job(in_hand, in_hand.wait_for_ever, limits=replace(LIMITS, time_ms=60_000)),
        inputs=(JudgeInput(ordinal=1, load=load),),
    )
    work = asyncio.create_task(_runs(in_hand, job))
    await started.wait()
    work.cancel()
    await asyncio.wait({work}, timeout=60)
    assert work.cancelled()
    assert (await _run(in_hand, in_hand.echo, b"next")).stdout == b"next"


async def test_an_input_that_cannot_be_loaded_ends_the_job_with_its_reason(
    in_hand: JudgeInHand,
) -> None:
    async def load() -> bytes:
        raise ConnectionResetError

    job = replace(_job(in_hand, in_hand.echo), inputs=(JudgeInput(ordinal=1, load=load),))
    with pytest.raises(ConnectionResetError):
        await _events(in_hand, job)
    assert (await _run(in_hand, in_hand.echo, b"next")).stdout == b"next"


async def test_jobs_at_once_do_not_mix(in_hand: JudgeInHand) -> None:
    contents = [[f"{job}.{n}".encode() for n in range(5)] for job in range(6)]
    jobs = [_job(in_hand, in_hand.echo, *own) for own in contents]
    results = await asyncio.gather(*(_runs(in_hand, job) for job in jobs))
    assert [[run.stdout for run in runs] for runs in results] == contents


@pytest.mark.parametrize("adapter", JUDGES)
async def test_closing_twice_is_harmless(adapter: str, tmp_path: Path) -> None:
    async with JUDGES[adapter](tmp_path) as in_hand:
        await in_hand.judge.close()
        await in_hand.judge.close()


# --- what tests begin with ---------------------------------------------------------------------


def _job(in_hand: JudgeInHand, source: str, *contents: bytes, limits: Limits = LIMITS) -> JudgeJob:
    return JudgeJob(
        language=in_hand.language,
        program=single_file(source),
        limits=limits,
        inputs=Inputs(contents=contents).as_given(),
    )


async def _events(in_hand: JudgeInHand, job: JudgeJob) -> list[Compilation | Run]:
    async with aclosing(in_hand.judge.judge(job)) as events:
        return [event async for event in events]


async def _runs(in_hand: JudgeInHand, job: JudgeJob) -> list[Run]:
    return [event for event in await _events(in_hand, job) if isinstance(event, Run)]


async def _run(
    in_hand: JudgeInHand, source: str, content: bytes, *, limits: Limits = LIMITS
) -> Run:
    (run,) = await _runs(in_hand, _job(in_hand, source, content, limits=limits))
    return run


def _checker(in_hand: JudgeInHand, source: str) -> CheckerProgram:
    return CheckerProgram(language=in_hand.language, program=single_file(source))


def _checked(in_hand: JudgeInHand, source: str, *tests: tuple[bytes, bytes]) -> JudgeJob:
    job = _job(in_hand, source, *(given for given, _ in tests))
    inputs = tuple(
        replace(one, answer=Inputs(contents=[expected]).as_given()[0].load)
        for one, (_, expected) in zip(job.inputs, tests, strict=True)
    )
    return replace(job, inputs=inputs, checker=_checker(in_hand, in_hand.checker or ""))


async def _reports(in_hand: JudgeInHand, job: JudgeJob) -> list[CheckerReport | None] | str:
    try:
        return [run.report for run in await _runs(in_hand, job)]
    except JobRefused:
        return "refused"


async def _tried(in_hand: JudgeInHand, checker: CheckerProgram) -> bool | str:
    """Whether it compiles, with a word about it where not."""
    try:
        compilation = await in_hand.judge.try_checker(checker)
    except JobRefused:
        return "refused"
    assert compilation.fault is None
    assert compilation.ok or compilation.output
    return compilation.ok


def _compilation(event: Compilation | Run) -> Compilation:
    assert isinstance(event, Compilation)
    return event
