"""Users, challenges and tests in dictionaries, with real transactions."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Container, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.ports.challenges import ChallengeFilter, ChallengeRepository
from application.ports.deployment import DeploymentRepository
from application.ports.idempotency import (
    IDEMPOTENCY_LIFETIME,
    IdempotencyKey,
    IdempotencyRace,
    IdempotencyRecord,
    IdempotencyRepository,
)
from application.ports.sessions import SessionRepository
from application.ports.storage import Storage, UnitOfWork
from application.ports.test_cases import TestCaseRepository
from application.ports.users import UserRepository
from application.ports.workers import Worker, WorkerRepository
from domain.challenge import Challenge, ChallengeVersion, TestCase
from domain.errors import EmailTaken, IdempotencyKeyReused, SlugTaken, StaleRevision
from domain.ids import BlobKey, ChallengeId, SessionId, TestCaseId, UserId
from domain.user import Session, User, fold_email


@dataclass(slots=True, kw_only=True)
class _Tables:
    """All that is stored. Only the tables of a running write transaction may be changed."""

    writable: bool = False
    users: dict[UserId, User] = field(default_factory=dict)
    emails: dict[str, UserId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    challenges: dict[ChallengeId, Challenge] = field(default_factory=dict)
    slugs: dict[str, ChallengeId] = field(default_factory=dict)
    versions: dict[tuple[ChallengeId, int], ChallengeVersion] = field(default_factory=dict)
    test_cases: dict[TestCaseId, TestCase] = field(default_factory=dict)
    idempotency: dict[tuple[UserId, str, str], IdempotencyRecord] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    deployment: str | None = None

    def copied(self) -> "_Tables":
        return _Tables(
            writable=True,
            users=self.users.copy(),
            emails=self.emails.copy(),
            sessions=self.sessions.copy(),
            challenges=self.challenges.copy(),
            slugs=self.slugs.copy(),
            versions=self.versions.copy(),
            test_cases=self.test_cases.copy(),
            idempotency=self.idempotency.copy(),
            workers=self.workers.copy(),
            deployment=self.deployment,
        )

    @property
    def to_write(self) -> "_Tables":
        if not self.writable:
            raise RuntimeError("this transaction is for reading, or it has ended")
        return self


class MemoryStorage(Storage):
    """Write transactions come one after another, each on a copy that takes effect at its end.

    Readers see what was committed when they began. As strict as a database with every constraint:
    a key that is there already, or a reference to what is not there, is a `ValueError`.
    """

    def __init__(self) -> None:
        self._committed = _Tables()
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        await asyncio.sleep(0)  # as with a real database, others get their turn
        async with self._writing:
            tables = self._committed.copied()
            try:
                yield _MemoryUnitOfWork(tables)
                self._committed = tables
            finally:
                tables.writable = False

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[UnitOfWork]:
        await asyncio.sleep(0)
        yield _MemoryUnitOfWork(self._committed)

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return


class _MemoryUnitOfWork(UnitOfWork):
    def __init__(self, tables: _Tables) -> None:
        self._users = _MemoryUsers(tables)
        self._sessions = _MemorySessions(tables)
        self._challenges = _MemoryChallenges(tables)
        self._test_cases = _MemoryTestCases(tables)
        self._idempotency = _MemoryIdempotency(tables)
        self._workers = _MemoryWorkers(tables)
        self._deployment = _MemoryDeployment(tables)

    @property
    def users(self) -> UserRepository:
        return self._users

    @property
    def sessions(self) -> SessionRepository:
        return self._sessions

    @property
    def challenges(self) -> ChallengeRepository:
        return self._challenges

    @property
    def test_cases(self) -> TestCaseRepository:
        return self._test_cases

    @property
    def idempotency(self) -> IdempotencyRepository:
        return self._idempotency

    @property
    def workers(self) -> WorkerRepository:
        return self._workers

    @property
    def deployment(self) -> DeploymentRepository:
        return self._deployment


class _MemoryUsers(UserRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, user: User) -> None:
        tables = self._tables.to_write
        folded = fold_email(user.email)
        if folded in tables.emails:
            raise EmailTaken
        _refuse_known(user.id, tables.users)
        tables.users[user.id] = user
        tables.emails[folded] = user.id

    async def get(self, user_id: UserId) -> User | None:
        return self._tables.users.get(user_id)

    async def by_email(self, email: str) -> User | None:
        user_id = self._tables.emails.get(fold_email(email))
        return None if user_id is None else self._tables.users[user_id]

    async def by_ids(self, user_ids: Sequence[UserId]) -> Mapping[UserId, User]:
        users = self._tables.users
        return {user_id: users[user_id] for user_id in user_ids if user_id in users}

    async def update(self, user: User) -> None:
        tables = self._tables.to_write
        _refuse_unknown(user.id, tables.users)
        folded = fold_email(user.email)
        if tables.emails.get(folded, user.id) != user.id:
            raise EmailTaken
        del tables.emails[fold_email(tables.users[user.id].email)]
        tables.users[user.id] = user
        tables.emails[folded] = user.id

    async def count_enabled_admins(self) -> int:
        return sum(user.is_enabled_admin for user in self._tables.users.values())

    async def list(self, *, after: UserId | None, limit: int) -> Sequence[User]:
        users = self._tables.users
        ids = sorted(user_id for user_id in users if after is None or user_id > after)
        return [users[user_id] for user_id in ids[:limit]]


class _MemorySessions(SessionRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        tables = self._tables.to_write
        _refuse_known(session.id, tables.sessions)
        _refuse_unknown(session.user_id, tables.users)
        tables.sessions[session.id] = session

    async def get(self, session_id: SessionId) -> Session | None:
        return self._tables.sessions.get(session_id)

    async def rotate(self, session: Session, now: datetime) -> bool:
        sessions = self._tables.to_write.sessions
        stored = sessions.get(session.id)
        if stored is None or stored.generation != session.generation:
            return False
        sessions[session.id] = replace(stored, generation=stored.generation + 1, rotated_at=now)
        return True

    async def revoke(self, session_id: SessionId) -> None:
        sessions = self._tables.to_write.sessions
        if session_id in sessions:
            sessions[session_id] = replace(sessions[session_id], revoked=True)

    async def revoke_all(self, user_id: UserId) -> None:
        sessions = self._tables.to_write.sessions
        for session in [s for s in sessions.values() if s.user_id == user_id]:
            sessions[session.id] = replace(session, revoked=True)

    async def remove_expired(self, now: datetime) -> int:
        sessions = self._tables.to_write.sessions
        expired = [s.id for s in sessions.values() if s.expires_at <= now]
        for session_id in expired:
            del sessions[session_id]
        return len(expired)


class _MemoryChallenges(ChallengeRepository):
    """Challenges and versions hold dictionaries, so what goes in and comes out is copied."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, challenge: Challenge) -> None:
        tables = self._tables.to_write
        if challenge.slug in tables.slugs:
            raise SlugTaken(challenge.slug)
        _refuse_known(challenge.id, tables.challenges)
        tables.challenges[challenge.id] = deepcopy(challenge)
        tables.slugs[challenge.slug] = challenge.id

    async def get(self, challenge_id: ChallengeId) -> Challenge | None:
        return deepcopy(self._tables.challenges.get(challenge_id))

    async def by_slug(self, slug: str) -> Challenge | None:
        challenge_id = self._tables.slugs.get(slug)
        return None if challenge_id is None else await self.get(challenge_id)

    async def by_ids(self, ids: Sequence[ChallengeId]) -> Mapping[ChallengeId, Challenge]:
        known = self._tables.challenges
        return {wanted: deepcopy(known[wanted]) for wanted in ids if wanted in known}

    async def update(self, challenge: Challenge, *, expected_revision: int) -> None:
        tables = self._tables.to_write
        _refuse_unknown(challenge.id, tables.challenges)
        stored = tables.challenges[challenge.id]
        if stored.revision != expected_revision:
            raise StaleRevision(current=stored.revision)
        if tables.slugs.get(challenge.slug, challenge.id) != challenge.id:
            raise SlugTaken(challenge.slug)
        del tables.slugs[stored.slug]
        tables.slugs[challenge.slug] = challenge.id
        tables.challenges[challenge.id] = deepcopy(challenge)

    async def list(
        self, which: ChallengeFilter, *, after: ChallengeId | None, limit: int
    ) -> Sequence[Challenge]:
        found = [
            challenge
            for challenge in self._tables.challenges.values()
            if (after is None or challenge.id > after) and _matches(challenge, which)
        ]
        return deepcopy(sorted(found, key=lambda challenge: challenge.id)[:limit])

    async def add_version(self, version: ChallengeVersion) -> None:
        tables = self._tables.to_write
        key = (version.challenge_id, version.number)
        _refuse_known(key, tables.versions)
        _refuse_unknown(version.challenge_id, tables.challenges)
        tables.versions[key] = deepcopy(version)

    async def version(self, challenge_id: ChallengeId, number: int) -> ChallengeVersion | None:
        return deepcopy(self._tables.versions.get((challenge_id, number)))

    async def versions(
        self, wanted: Sequence[tuple[ChallengeId, int]]
    ) -> Mapping[tuple[ChallengeId, int], ChallengeVersion]:
        known = self._tables.versions
        return {key: deepcopy(known[key]) for key in wanted if key in known}


class _MemoryTestCases(TestCaseRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def add(self, tests: Sequence[TestCase]) -> None:
        tables = self._tables.to_write
        for test in tests:
            _refuse_known(test.id, tables.test_cases)
            _refuse_unknown(test.challenge_id, tables.challenges)
            tables.test_cases[test.id] = test

    async def get(self, test_case_id: TestCaseId) -> TestCase | None:
        return self._tables.test_cases.get(test_case_id)

    async def of_version(self, version: ChallengeVersion) -> Sequence[TestCase]:
        return [self._tables.test_cases[test_id] for test_id in version.test_ids]

    async def referenced_blobs(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        tests = self._tables.test_cases.values()
        referenced = {data.key for test in tests for data in (test.input, test.expected_output)}
        return frozenset(referenced.intersection(keys))


class _MemoryIdempotency(IdempotencyRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def find(self, key: IdempotencyKey, now: datetime) -> IdempotencyRecord | None:
        record = self._tables.idempotency.get(_place(key))
        if record is None or not _is_living(record, now):
            return None
        if record.key.body_hash != key.body_hash:
            raise IdempotencyKeyReused
        return record

    async def add(self, record: IdempotencyRecord) -> None:
        records = self._tables.to_write.idempotency
        stored = records.get(_place(record.key))
        if stored is not None and _is_living(stored, record.created_at):
            raise IdempotencyRace
        records[_place(record.key)] = record

    async def remove_expired(self, now: datetime) -> int:
        records = self._tables.to_write.idempotency
        expired = [place for place, record in records.items() if not _is_living(record, now)]
        for place in expired:
            del records[place]
        return len(expired)


class _MemoryWorkers(WorkerRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def announce(self, worker: Worker) -> None:
        self._tables.to_write.workers[worker.id] = worker

    async def alive(self, since: datetime) -> Sequence[Worker]:
        seen = [worker for worker in self._tables.workers.values() if worker.seen_at >= since]
        return sorted(seen, key=lambda worker: worker.id)

    async def remove(self, worker_id: str) -> None:
        self._tables.to_write.workers.pop(worker_id, None)

    async def remove_lost(self, before: datetime) -> int:
        workers = self._tables.to_write.workers
        lost = [worker.id for worker in workers.values() if worker.seen_at < before]
        for worker_id in lost:
            del workers[worker_id]
        return len(lost)


class _MemoryDeployment(DeploymentRepository):
    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    async def known(self) -> str | None:
        return self._tables.deployment

    async def settle(self, proposed: str) -> str:
        tables = self._tables.to_write
        tables.deployment = tables.deployment or proposed
        return tables.deployment


def _matches(challenge: Challenge, which: ChallengeFilter) -> bool:
    shown = challenge.presentation
    return (
        which.status in {None, challenge.status}
        and which.difficulty in {None, shown.difficulty}
        and (which.tag is None or which.tag in shown.tags)
        and (which.text is None or _mentions(challenge, which.text.casefold()))
        and (which.only is None or challenge.id in which.only)
        and challenge.id not in which.without
    )


def _mentions(challenge: Challenge, folded: str) -> bool:
    return folded in challenge.presentation.title.casefold() or folded in challenge.slug


def _place(key: IdempotencyKey) -> tuple[UserId, str, str]:
    return key.user_id, key.route, key.key


def _is_living(record: IdempotencyRecord, now: datetime) -> bool:
    return now - record.created_at <= IDEMPOTENCY_LIFETIME


def _refuse_known(key: object, table: Container[object]) -> None:
    if key in table:
        raise ValueError(f"{key!r} is stored already")


def _refuse_unknown(key: object, table: Container[object]) -> None:
    if key not in table:
        raise ValueError(f"there is no {key!r}")
