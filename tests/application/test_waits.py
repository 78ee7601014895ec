"""Candidates are told where in the queue they are, and for how long about."""

from datetime import timedelta

from application.use_cases.get_wait import GetWait, Wait
from domain.challenge import Challenge
from domain.submission import Submission
from domain.user import User
from tests.application.world import World, a_test


class Queue:
    """A platform on which a judgement takes two seconds."""

    def __init__(self) -> None:
        self.world = World()
        self.get_wait = GetWait(submissions=self.world.submissions, clock=self.world.clock)

    async def begin(self) -> tuple[User, Challenge]:
        return await self.world.a_candidate(), await self.world.a_challenge(a_test())

    async def judged(self, user: User, challenge: Challenge, count: int) -> None:
        for _ in range(count):
            submission = await self.world.submitted(user, challenge, "echo")
            self.world.clock.advance(timedelta(seconds=2))
            await self.world.judged(submission)

    async def wait(self, submission: Submission) -> Wait | None:
        return await self.get_wait(await self.world.current(submission.id))


async def test_the_estimate_is_from_the_pace_of_late() -> None:
    queue = Queue()
    user, challenge = await queue.begin()
    await queue.judged(user, challenge, 10)
    waiting = [await queue.world.submitted(user, challenge, "echo") for _ in range(5)]
    waits = [await queue.wait(one) for one in waiting]
    assert [(wait.position, wait.seconds) for wait in waits if wait] == [
        (1, 2),
        (2, 4),
        (3, 6),
        (4, 8),
        (5, 9),
    ]


async def test_without_judgements_of_late_there_is_no_estimate() -> None:
    queue = Queue()
    user, challenge = await queue.begin()
    await queue.judged(user, challenge, 10)
    queue.world.clock.advance(timedelta(minutes=2))
    waiting = await queue.world.submitted(user, challenge, "echo")
    assert await queue.wait(waiting) == Wait(position=1, seconds=None)


async def test_what_is_judged_waits_for_nothing() -> None:
    queue = Queue()
    user, challenge = await queue.begin()
    submission = await queue.world.submitted(user, challenge, "echo")
    await queue.world.judged(submission)
    assert await queue.wait(submission) is None
