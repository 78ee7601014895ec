"""An outcome reaches standings with its judging, or by the timer, and once in either case."""

from datetime import timedelta

from adapters.memory.totals import MemoryTotals
from application.ports.storage import StoreUnavailable
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.settle_outcomes import SettleOutcomes
from domain.challenge import Challenge
from domain.leaderboard import RuleSet
from domain.submission import SubmissionStatus
from domain.user import User
from tests.application.world import World, a_test


class AwayTotals(MemoryTotals):
    """A store that is away for as long as somebody settles, as if the worker had died there."""

    async def settle(self, limit: int) -> int:
        raise StoreUnavailable(f"a store asked for {limit}")


async def test_a_judged_submission_is_on_the_board_at_once(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))
    user = await world.a_candidate()

    await world.judged(await world.submitted(user, challenge, "echo"))

    assert await _ranked(world, user, challenge)


async def test_what_was_judged_and_not_settled_is_settled_by_the_timer_once(world: World) -> None:
    kept, world.totals = world.totals, AwayTotals(world.submissions)
    challenge = await world.a_challenge(a_test("1"))
    user = await world.a_candidate()
    done = await world.judged(await world.submitted(user, challenge, "echo"))
    world.totals = kept
    assert done.status is SubmissionStatus.DONE
    assert not await _ranked(world, user, challenge)
    settle_outcomes = SettleOutcomes(totals=world.totals)

    assert [await settle_outcomes(), await settle_outcomes()] == [1, 0]

    assert await _ranked(world, user, challenge)


async def _ranked(world: World, user: User, challenge: Challenge) -> bool:
    world.clock.advance(timedelta(seconds=1))
    board = GetLeaderboard(storage=world.storage, totals=world.totals)
    found = await board(
        user, rules=RuleSet.BEST_SCORE, challenge_id=challenge.id, after=0, limit=10
    )
    return found.own is not None
