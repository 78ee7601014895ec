"""A server without a judge of its own has its workers try checkers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.judge import PYTHON as OF_MEMORY
from application.ports.judge import JudgeUnavailable
from application.ports.submissions import SubmissionFilter
from application.ports.workers import Worker
from application.trials import TrialsByWorkers
from domain.checker_program import CheckerProgram
from domain.language import Language
from domain.program import single_file
from domain.run import Compilation
from domain.submission import SubmissionKind
from tests.application.world import World

OF_JUDGE0 = replace(OF_MEMORY, runs_checkers=False)


async def test_what_compiles_is_said_to_and_leaves_no_submission(world: World) -> None:
    tried = await _tried(world, "echo")

    assert tried == Compilation(ok=True)
    kept = SubmissionFilter(kind=SubmissionKind.SUBMISSION)
    assert await world.submissions.list(kept, before=None, limit=9) == []
    world.clock.advance(timedelta(hours=1))
    assert await world.submissions.remove_expired_runs(world.clock.now()) == 1


async def test_what_does_not_compile_is_said_with_the_compilers_words(world: World) -> None:
    tried = await _tried(world, "no such word")

    assert not tried.ok
    assert "no such word" in tried.output


@pytest.mark.parametrize("source", ["exit 3", "spend 9999", "signal 11"])
async def test_how_it_ends_says_nothing(world: World, source: str) -> None:
    assert await _tried(world, source) == Compilation(ok=True)


async def test_a_judge_that_fails_is_no_fault_of_the_checker(world: World) -> None:
    tried = await _tried(world, "fault")

    assert tried.fault == "the program asked for it"


async def test_nothing_is_tried_where_a_judge_without_checkers_might_take_it(world: World) -> None:
    await _announced(world, "able", OF_MEMORY)
    await _announced(world, "unable", OF_JUDGE0)

    assert await _trials(world).try_checker(_checker("no such word")) == Compilation(ok=True)


async def test_a_trial_that_is_lost_is_not_waited_for(world: World) -> None:
    work = asyncio.create_task(_trials(world).try_checker(_checker("echo")))
    while not work.done():
        await asyncio.sleep(0)
        world.clock.advance(timedelta(minutes=1))
        await world.submissions.remove_expired_runs(world.clock.now())
    with pytest.raises(JudgeUnavailable, match="gone"):
        work.result()


async def _tried(world: World, source: str) -> Compilation:
    """What it comes to, while time passes and a worker judges."""
    work = asyncio.create_task(_trials(world).try_checker(_checker(source)))
    while not work.done():
        await asyncio.sleep(0)
        await world.judge_submission()()
        world.clock.advance(timedelta(minutes=1))
    return work.result()


def _trials(world: World) -> TrialsByWorkers:
    return TrialsByWorkers(
        storage=world.storage,
        submissions=world.submissions,
        queue=world.queue,
        clock=world.clock,
        ids=world.ids,
    )


def _checker(source: str) -> CheckerProgram:
    return CheckerProgram(language=OF_MEMORY.id, program=single_file(source))


async def _announced(world: World, name: str, *languages: Language) -> None:
    now = world.clock.now()
    worker = Worker(id=name, slots=1, languages=languages, started_at=now, seen_at=now)
    async with world.storage.begin() as unit:
        await unit.workers.announce(worker)
