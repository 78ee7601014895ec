"""A submission that a Judge0 judges, from the queue to its outcome."""

from dataclasses import replace

from adapters.judge0.judge import Judge0Judge
from domain.judgement import Verdict
from domain.submission import Submission, SubmissionStatus
from tests.adapters.judge0.judging import always, judge0
from tests.application.world import World, a_test
from tests.services.judge0 import Outcome
from tests.services.moody import Mood, as_json


async def test_outputs_are_compared_here_whatever_judge0_thinks_of_them() -> None:
    async with judge0(always(Outcome(status_id=4, stdout=b"1\n"))) as hands:
        done = await _judged(World(), hands.judge)
    assert (done.status, done.verdict) == (SubmissionStatus.DONE, Verdict.ACCEPTED)


async def test_an_outage_of_minutes_costs_no_try() -> None:
    async with judge0() as hands:
        await hands.judge.start()
        full = as_json(503, {"error": "queue is full"})
        hands.server.instead.extend([("POST", full), ("POST", Mood.CUT)] * 10)
        done = await _judged(World(), hands.judge)
    assert (done.verdict, done.attempt) == (Verdict.ACCEPTED, 1)
    assert sum(hands.clock.naps) > 300


async def test_what_this_judge0_can_never_run_ends_at_once_with_both_numbers() -> None:
    async with judge0() as hands:
        hands.server.config["max_cpu_time_limit"] = 1.5
        world = World()
        done = await _judged(world, hands.judge)
    judgement = await world.submissions.judgement(done.id, 1)
    assert (done.verdict, done.attempt) == (Verdict.JUDGE_ERROR, 1)
    assert judgement is not None
    assert "2000 ms is over the 1500 ms" in (judgement.fault or "")


async def _judged(world: World, judge: Judge0Judge) -> Submission:
    challenge = await world.a_challenge(a_test("1", given=b"1", expected=b"1"))
    submission = await world.submitted(await world.a_candidate(), challenge, "print(input())")
    assert await replace(world.judge_submission(), judge=judge)()
    return await world.current(submission.id)
