"""Staff upload tests."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from application import ownership, reading
from application.ports.blob_store import BlobStore
from application.ports.clock import Clock
from application.ports.idempotency import IdempotencyKey, IdempotencyRace, IdempotencyRecord
from application.ports.ids import Ids
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage, UnitOfWork
from domain.challenge import (
    MAX_EXPLANATION_BYTES,
    MAX_INLINE_BYTES,
    MAX_TEST_NAME_LENGTH,
    MAX_TESTS,
    Challenge,
    ChallengeVersion,
    TestCase,
    TestData,
    Visibility,
    check_weight,
)
from domain.errors import ChallengeNotFound, InvalidTestCase
from domain.ids import BlobKey, ChallengeId, TestCaseId
from domain.language import Language
from domain.scoring import ScoringKind
from domain.text import is_one_line
from domain.versioning import make_version, moved_on

_AT_ONCE = 16
"""Tests that are being stored, which may be in memory meanwhile if they are small."""
_LARGE_AT_ONCE = 2
_LARGE_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewData:
    """An input or expected output to be stored: its size, and its bytes, piece by piece.

    `pieces` may be called again, and gives the same bytes each time.
    """

    size_bytes: int
    pieces: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTestCase:
    """A test to be added. `weight` None: 0 for a public one, 1 for a hidden one (decision 7)."""

    name: str
    visibility: Visibility
    input: NewData
    expected_output: NewData
    weight: int | None = None
    group: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The challenge after an upload, and the tests that it added."""

    challenge: Challenge
    version: ChallengeVersion
    added: Sequence[TestCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTestCases:
    storage: Storage
    blobs: BlobStore
    offer: LanguageOffer
    clock: Clock
    ids: Ids

    async def __call__(
        self,
        challenge_id: ChallengeId,
        tests: Sequence[NewTestCase],
        *,
        replacing: bool,
        key: IdempotencyKey | None = None,
    ) -> Upload:
        """Add the tests, or put them in place of all others, in a new version; all or nothing.

        The bytes are stored before the transaction: nothing slow happens inside it. So all that
        can be refused is refused before; what fails even then (an edit at the same moment) leaves
        bytes that nothing names, content under its hash.

        Raises:
            ChallengeNotFound: there is none.
            InvalidTestCase, InvalidChallenge: a test does not fit.
            IdempotencyKeyReused: the key came with another body before.
            StoreRefused: the store of test data is another database's.
        """
        for position, test in enumerate(tests):
            _check(f"/testcases/{position}", test)
        async with self.storage.read() as unit:
            known = await unit.idempotency.find(key, self.clock.now()) if key else None
            if known is not None:
                return await _as_before(unit, challenge_id, int(known.result))
            _, newest = await reading.newest(unit, challenge_id)
        _check_together(newest, tests, replacing=replacing)
        if any(_goes_to_blobs(test, data) for test in tests for data in _both(test)):
            await ownership.hold(self.storage, self.blobs, self.ids)
        made = await self._all_stored(challenge_id, tests)
        offered = await self.offer.languages()
        try:
            return await self._apply(challenge_id, made, offered, key, replacing=replacing)
        except IdempotencyRace:
            return await self._apply(challenge_id, made, offered, key, replacing=replacing)

    async def _all_stored(
        self, challenge_id: ChallengeId, tests: Sequence[NewTestCase]
    ) -> Sequence[TestCase]:
        """Several at once, as each is mostly waited for; in the order of the upload."""
        made: dict[int, TestCase] = {}
        waiting = iter(enumerate(tests))
        room_for_large = asyncio.Semaphore(_LARGE_AT_ONCE)

        async def store_some() -> None:
            for position, test in waiting:
                is_large = any(data.size_bytes > _LARGE_BYTES for data in _both(test))
                async with room_for_large if is_large else nullcontext():
                    made[position] = await self._stored(challenge_id, position, test)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_AT_ONCE, len(tests))):
                    group.create_task(store_some())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [made[position] for position in range(len(tests))]

    async def _stored(
        self, challenge_id: ChallengeId, position: int, test: NewTestCase
    ) -> TestCase:
        public = test.visibility is Visibility.PUBLIC
        default_weight = 0 if public else 1
        return TestCase(
            id=TestCaseId(self.ids.new()),
            challenge_id=challenge_id,
            name=test.name,
            visibility=test.visibility,
            input=await self._data(test.input, public=public),
            expected_output=await self._data(test.expected_output, public=public),
            weight=default_weight if test.weight is None else test.weight,
            group=test.group,
            explanation=test.explanation,
            position=position,
            since_version=0,
        )

    async def _data(self, data: NewData, *, public: bool) -> TestData:
        if _is_inline(data, public=public):
            inline = b"".join([piece async for piece in data.pieces()])
            key = BlobKey(hashlib.sha256(inline).hexdigest())
            return TestData(key=key, size_bytes=len(inline), inline=inline)
        blob = await self.blobs.put(data.pieces())
        return TestData(key=blob.key, size_bytes=blob.size_bytes)

    async def _apply(
        self,
        challenge_id: ChallengeId,
        made: Sequence[TestCase],
        offered: Sequence[Language],
        key: IdempotencyKey | None,
        *,
        replacing: bool,
    ) -> Upload:
        now = self.clock.now()
        async with self.storage.begin() as unit:
            known = await unit.idempotency.find(key, now) if key else None
            if known is not None:
                return await _as_before(unit, challenge_id, int(known.result))
            challenge, newest = await reading.newest(unit, challenge_id)
            added = [replace(test, since_version=newest.number + 1) for test in made]
            kept = [] if replacing else await unit.test_cases.of_version(newest)
            version = make_version(
                challenge_id=challenge_id,
                number=newest.number + 1,
                rules=newest.rules,
                tests=[*kept, *added],
                offered=offered,
                created_at=now,
            )
            changed = moved_on(challenge, version, now)
            await unit.test_cases.add(added)
            await unit.challenges.add_version(version)
            await unit.challenges.update(changed, expected_revision=challenge.revision)
            if key is not None:
                record = IdempotencyRecord(key=key, result=str(version.number), created_at=now)
                await unit.idempotency.add(record)
        return Upload(challenge=changed, version=version, added=added)


async def _as_before(unit: UnitOfWork, challenge_id: ChallengeId, number: int) -> Upload:
    """What the first request with this key did."""
    challenge, _ = await reading.newest(unit, challenge_id)
    version = await unit.challenges.version(challenge_id, number)
    if version is None:
        raise ChallengeNotFound(challenge_id)
    tests = await unit.test_cases.of_version(version)
    added = sorted((t for t in tests if t.since_version == number), key=_position)
    return Upload(challenge=challenge, version=version, added=added)


def _check_together(
    newest: ChallengeVersion, tests: Sequence[NewTestCase], *, replacing: bool
) -> None:
    """What making the version would refuse, before anything is stored."""
    kept = 0 if replacing else len(newest.test_ids)
    if kept + len(tests) > MAX_TESTS:
        raise InvalidTestCase("/testcases", f"a challenge has at most {MAX_TESTS} tests")
    scoring = newest.rules.scoring
    groups = {group.name for group in scoring.groups}
    for position, test in enumerate(tests):
        stray = test.group is not None and test.group not in groups
        if stray and scoring.kind is ScoringKind.GROUPS:
            pointer = f"/testcases/{position}/group"
            raise InvalidTestCase(pointer, f"is {test.group!r}, which the scoring has not")


def _both(test: NewTestCase) -> tuple[NewData, NewData]:
    return test.input, test.expected_output


def _goes_to_blobs(test: NewTestCase, data: NewData) -> bool:
    return not _is_inline(data, public=test.visibility is Visibility.PUBLIC)


def _is_inline(data: NewData, *, public: bool) -> bool:
    return public and data.size_bytes <= MAX_INLINE_BYTES


def _position(test: TestCase) -> int:
    return test.position


def _check(pointer: str, test: NewTestCase) -> None:
    if not 1 <= len(test.name) <= MAX_TEST_NAME_LENGTH or not is_one_line(test.name):
        raise InvalidTestCase(f"{pointer}/name", "must be one line of 1 to 255 characters")
    if test.weight is not None:
        check_weight(f"{pointer}/weight", test.weight)
    try:
        size = len(test.explanation.encode())
    except UnicodeEncodeError:
        raise InvalidTestCase(f"{pointer}/explanation", "holds a lone surrogate") from None
    if size > MAX_EXPLANATION_BYTES:
        raise InvalidTestCase(f"{pointer}/explanation", "is longer than 64 KiB")
