"""Totals computed anew whenever somebody asks: what every other adapter is compared with."""

import asyncio
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from adapters.memory.records import Record
from adapters.memory.submissions import MemorySubmissionRepository
from application.ports.totals import BoardPage, TestFailures, TotalsRepository
from domain.facts import JudgedFact
from domain.ids import ChallengeId, UserId
from domain.leaderboard import BoardId, Standing, whole_board
from domain.pairs import overall_of
from domain.settling import Settlement, from_nothing
from domain.submission import SubmissionKind
from domain.tally import Tally


class ComputedTotals(TotalsRepository):
    """From facts, which are those of what is settled."""

    @abstractmethod
    async def facts(self) -> Sequence[JudgedFact]:
        """All that counts."""

    async def board(self, board: BoardId, *, after: int, limit: int) -> BoardPage:
        lines = await self._lines(board)
        return BoardPage(lines=lines[after : after + limit], total=len(lines))

    async def own(self, board: BoardId, user_id: UserId) -> Standing | None:
        return next((line for line in await self._lines(board) if line.user_id == user_id), None)

    async def figures(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Mapping[ChallengeId | None, Tally]:
        found: defaultdict[ChallengeId | None, list[Tally]] = defaultdict(list)
        for (place, day), tally in (await self._settled()).tallies.items():
            if challenge_id in {None, place} and _is_within(day, since, until):
                found[place].append(tally)
        totals = {place: Tally.total(tallies) for place, tallies in found.items()}
        return {place: tally for place, tally in totals.items() if tally}

    async def items(self, challenge_id: ChallengeId | None) -> Mapping[ChallengeId, Tally]:
        every = (await self._settled()).items
        return {place: tally for place, tally in every.items() if challenge_id in {None, place}}

    async def per_day(
        self, challenge_id: ChallengeId | None, *, since: date | None, until: date | None
    ) -> Sequence[tuple[date, Tally]]:
        found = {
            day: tally
            for (place, day), tally in (await self._settled()).tallies.items()
            if place == challenge_id and _is_within(day, since, until)
        }
        return [(day, found[day]) for day in sorted(found)]

    async def tests(
        self, challenge_id: ChallengeId, *, since: date | None, until: date | None
    ) -> Sequence[TestFailures]:
        by_version: defaultdict[int, list[Tally]] = defaultdict(list)
        for (place, version, day), tally in (await self._settled()).tests.items():
            if place == challenge_id and _is_within(day, since, until):
                by_version[version].append(tally)
        return TestFailures.counted(by_version)

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return

    async def _settled(self) -> Settlement:
        return from_nothing(await self.facts())

    async def _lines(self, board: BoardId) -> Sequence[Standing]:
        settled = await self._settled()
        if board.challenge_id is None:
            found = list(settled.overalls.values())
        else:
            found = [
                overall_of([pair])
                for (_, challenge_id), pair in settled.pairs.items()
                if challenge_id == board.challenge_id and pair is not None
            ]
        return whole_board(board.rules, [overall for overall in found if overall is not None])


class MemoryTotals(ComputedTotals):
    """Of submissions in memory; each method takes effect at once."""

    def __init__(self, submissions: MemorySubmissionRepository) -> None:
        self._submissions = submissions

    async def settle(self, limit: int) -> int:
        await asyncio.sleep(0)  # as with a real store, others get their turn
        found = [record for record in self._ranked() if _is_unsettled(record)][:limit]
        for record in found:
            record.settled_number = record.submission.judgement_number
        return len(found)

    async def rebuild(self) -> None:
        await asyncio.sleep(0)
        for record in self._ranked():
            record.settled_number = record.submission.judgement_number

    async def facts(self) -> Sequence[JudgedFact]:
        await asyncio.sleep(0)
        return [_fact(record) for record in self._ranked() if record.settled_number]

    def _ranked(self) -> Iterator[Record]:
        return (r for r in self._submissions.records.values() if _is_ranked(r))


def _is_ranked(record: Record) -> bool:
    submission = record.submission
    scored = submission.kind is SubmissionKind.SUBMISSION and submission.challenge_id is not None
    return scored and submission.ranked


def _is_unsettled(record: Record) -> bool:
    return record.settled_number != record.submission.judgement_number


def _fact(record: Record) -> JudgedFact:
    submission, judgement = record.submission, record.judgements[record.settled_number]
    if submission.challenge_id is None:
        raise ValueError(f"{submission.id!r} belongs to no challenge")
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=submission.challenge_id,
        language=submission.language,
        submitted_at=submission.submitted_at,
        verdict=judgement.verdict,
        score=judgement.score,
        max_score=judgement.max_score,
        cpu_ms=judgement.cpu_ms,
        version=judgement.challenge_version or 0,
        tests=tuple(test.verdict for test in judgement.tests),
    )


def _is_within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day <= until)
