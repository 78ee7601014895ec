"""Users, challenges and tests, in transactions that one can see."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.challenge import (
    Challenge,
    ChallengeStatus,
    ChallengeVersion,
    Difficulty,
    TestCase,
)
from domain.ids import BlobKey, ChallengeId, SessionId, TestCaseId, UserId
from domain.language import Language
from domain.user import Session, User

IDEMPOTENCY_LIFETIME = timedelta(hours=24)


class StoreUnavailable(Exception):
    """A store cannot be reached or does not answer now; `what` names it for people."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not available")
        self.what = what


class StoreRefused(StoreUnavailable):
    """A store is there and does not let us in: waiting helps nothing, `reason` says what would."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what)
        self.args = (f"{what} refuses: {reason}",)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A client's key for one creation; `body_hash` tells whether a repeat is the same request."""

    user_id: UserId
    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """A key and what it created (`result`: an id, or a version number, as text)."""

    key: IdempotencyKey
    result: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFilter:
    """Which challenges; None does not narrow. `text` is looked for in title and slug."""

    status: ChallengeStatus | None = None
    difficulty: Difficulty | None = None
    tag: str | None = None
    text: str | None = None
    only: frozenset[ChallengeId] | None = None
    without: frozenset[ChallengeId] = frozenset()


class UserRepository(Protocol):
    """People. The folded e-mail is unique."""

    async def add(self, user: User) -> None:
        """Store a new user.

        Raises:
            EmailTaken: another user has that e-mail (folded).
        """
        ...

    async def get(self, user_id: UserId) -> User | None:
        """The user, or None."""
        ...

    async def by_email(self, email: str) -> User | None:
        """The user with that e-mail (compared folded), or None."""
        ...

    async def by_ids(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        """Those of the users that exist."""
        ...

    async def update(self, user: User) -> None:
        """Replace the stored user of that id, which exists."""
        ...

    async def count_enabled_admins(self) -> int:
        """How many admins can sign in; two transactions cannot both lower it to 0."""
        ...

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        """Users by id, those after `after`."""
        ...


class SessionRepository(Protocol):
    """Sign-ins."""

    async def add(self, session: Session) -> None:
        """Store a new sign-in."""
        ...

    async def get(self, session_id: SessionId) -> Session | None:
        """The sign-in, or None."""
        ...

    async def rotate(self, session: Session, now: datetime) -> bool:
        """Compare-and-set: make `generation` + 1 current if the stored one equals `session`'s."""
        ...

    async def revoke(self, session_id: SessionId) -> None:
        """Revoke one sign-in; harmless when repeated or unknown."""
        ...

    async def revoke_all(self, user_id: UserId) -> None:
        """Revoke every sign-in of a user."""
        ...

    async def remove_expired(self, now: datetime) -> int:
        """Forget sign-ins that have expired; how many."""
        ...


class ChallengeRepository(Protocol):
    """Challenges and their immutable versions. The slug is unique."""

    async def add(self, challenge: Challenge) -> None:
        """Store a new challenge.

        Raises:
            SlugTaken: another challenge has that slug.
        """
        ...

    async def get(self, challenge_id: ChallengeId) -> Challenge | None:
        """The challenge, or None."""
        ...

    async def by_slug(self, slug: str) -> Challenge | None:
        """The challenge with that slug, or None."""
        ...

    async def by_ids(self, ids: Sequence[ChallengeId]) -> Mapping[ChallengeId, Challenge]:
        """Those of the challenges that exist."""
        ...

    async def update(self, challenge: Challenge, *, expected_revision: int) -> None:
        """Replace the stored challenge if it still has `expected_revision`.

        Raises:
            StaleRevision: it has another.
            SlugTaken: another challenge has the new slug.
        """
        ...

    async def list(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[Challenge]:
        """Challenges by id (so by age), those after `after`."""
        ...

    async def add_version(self, version: ChallengeVersion) -> None:
        """Store a new version; its number is not yet used for that challenge."""
        ...

    async def version(self, challenge_id: ChallengeId, number: int) -> ChallengeVersion | None:
        """One version, or None."""
        ...

    async def versions(
        self, wanted: Sequence[tuple[ChallengeId, int]]
    ) -> Mapping[tuple[ChallengeId, int], ChallengeVersion]:
        """Those of the wanted versions that exist."""
        ...


class TestCaseRepository(Protocol):
    """Test cases, immutable; which of them count is a matter of the version."""

    async def add(self, tests: Sequence[TestCase]) -> None:
        """Store new tests."""
        ...

    async def get(self, test_case_id: TestCaseId) -> TestCase | None:
        """One test, or None."""
        ...

    async def of_version(self, version: ChallengeVersion) -> Sequence[TestCase]:
        """The tests of a version, in judging order, inline data included."""
        ...

    async def referenced_blobs(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        """Those of the keys that some stored test refers to, whatever version it belongs to."""
        ...


class IdempotencyRepository(Protocol):
    """What keys created, written in the same transaction as what they created (decision 5)."""

    async def find(self, key: IdempotencyKey, now: datetime) -> IdempotencyRecord | None:
        """The living record of that user, route and key, whatever its body.

        Raises:
            IdempotencyKeyReused: it is there, with another body.
        """
        ...

    async def add(self, record: IdempotencyRecord) -> None:
        """Store a record, in place of an expired one.

        Raises:
            IdempotencyRace: another transaction stored a living one meanwhile.
        """
        ...

    async def remove_expired(self, now: datetime) -> int:
        """Forget records older than IDEMPOTENCY_LIFETIME; how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that judges: how many programs at once, in which languages, and when last seen."""

    id: str
    slots: int
    languages: tuple[Language, ...]
    started_at: datetime
    seen_at: datetime


class WorkerRepository(Protocol):
    """Workers, as they announce themselves again and again."""

    async def announce(self, worker: Worker) -> None:
        """Store the worker, in place of what is known under its id."""
        ...

    async def alive(self, since: datetime) -> Sequence[Worker]:
        """Workers by id, those seen at `since` or later."""
        ...

    async def remove(self, worker_id: str) -> None:
        """Forget a worker; harmless when repeated or unknown."""
        ...

    async def remove_lost(self, before: datetime) -> int:
        """Forget workers last seen before that moment; how many."""
        ...


class DeploymentRepository(Protocol):
    """Which deployment of the program this database belongs to, told from all others."""

    async def known(self) -> str | None:
        """The id that was settled on, or None."""
        ...

    async def settle(self, proposed: str) -> str:
        """The id from now on: the proposed one, or the one that was settled on before."""
        ...


class IdempotencyRace(Exception):
    """The same key was used by another request at the same moment; ask again and find it."""


class UnitOfWork(Protocol):
    """One transaction: committed when its block ends well, rolled back when it raises."""

    @property
    def users(self) -> UserRepository:
        """People."""
        ...

    @property
    def sessions(self) -> SessionRepository:
        """Sign-ins."""
        ...

    @property
    def challenges(self) -> ChallengeRepository:
        """Challenges and versions."""
        ...

    @property
    def test_cases(self) -> TestCaseRepository:
        """Tests."""
        ...

    @property
    def idempotency(self) -> IdempotencyRepository:
        """Keys of creations."""
        ...

    @property
    def workers(self) -> WorkerRepository:
        """Who judges."""
        ...

    @property
    def deployment(self) -> DeploymentRepository:
        """Whose database it is."""
        ...


class Storage(Protocol):
    """Transactions over users, challenges and tests."""

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """A read-write transaction; serialised against other writers where it matters.

        Raises:
            StoreUnavailable: the store cannot be reached now.
        """
        ...

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """A read-only transaction, which never waits for a writer; what it writes is undefined.

        Raises:
            StoreUnavailable: the store cannot be reached now.
        """
        ...

    async def check(self) -> None:
        """Return if the store answers.

        Raises:
            StoreUnavailable: it does not.
        """
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...
