"""Standings and statistics, kept beside the submissions, in the same store.

What counts is settled: a ranked submission to a challenge whose outcome (judge errors too) was
added. They are equal to what a rebuild from nothing would make of the settled outcomes, whatever
happened in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, Standing
from domain.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFailures:
    """Of one test (by ordinal, of one challenge version): how often run, how often failed."""

    version: int
    ordinal: int
    runs: int
    failures: int

    @classmethod
    def counted(cls, by_version: Mapping[int, Iterable[Tally]]) -> "Sequence[TestFailures]":
        """What these tallies of tests (by the names of `domain.settling`) add up to, in order."""
        found: list[TestFailures] = []
        for version in sorted(by_version):
            sums = Tally.total(by_version[version])
            for ordinal in sorted(map(int, sums.histogram("runs"))):
                runs, failures = sums[f"runs:{ordinal}"], sums[f"failures:{ordinal}"]
                found.append(cls(version=version, ordinal=ordinal, runs=runs, failures=failures))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """Some lines of a board, in order, and how many it has altogether."""

    lines: Sequence[Standing]
    total: int


class TotalsRepository(Protocol):
    """Every method may raise StoreUnavailable.

    Until all is settled it is undefined how much of what is not shows already.
    """

    async def settle(self, limit: int) -> int:
        """Settle up to `limit` outcomes that are not, in one atomic step; 0: none was left.

        Whichever of a submission's outcomes was counted before is taken out, the one that now
        applies is added. Any number of callers may do so at once, and again after a loss of the
        answer: each outcome counts once.
        """
        ...

    async def board(self, board: BoardId, *, after: int, limit: int) -> BoardPage:
        """The lines after the first `after`, by the board's rules, each with its rank."""
        ...

    async def own(self, board: BoardId, user_id: UserId) -> Standing | None:
        """The user's line with its rank; None: not on it."""
        ...

    async def figures(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Mapping[ChallengeId | None, Tally]:
        """What was counted on UTC days `since` to `until`, both included; None is open.

        Of that challenge alone, or of each that has anything, and under None of all together.
        What adds up to nothing is left out. Names are those of `domain.settling`.
        """
        ...

    async def items(self, challenge_id: ChallengeId | None) -> Mapping[ChallengeId, Tally]:
        """The sums of `domain.settling.item_tally`, of all time; of that challenge or of each."""
        ...

    async def per_day(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[tuple[date, Tally]]:
        """As `figures`, of one challenge or of all together, each day that has any by itself."""
        ...

    async def tests(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        """Per test that was run how often it ran and failed, by version, ordinal.

        A test that was skipped, or ended as a judge error, counts as neither.
        """
        ...

    async def rebuild(self) -> None:
        """Make everything anew from the outcomes that apply, all of which are settled then."""
        ...

    async def check(self) -> None:
        """Return if the store answers."""
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
