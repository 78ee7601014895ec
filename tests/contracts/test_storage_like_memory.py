"""Whatever is done in whatever order, each storage answers as the memory one does."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, rule, run_state_machine_as_test

from adapters.memory.clock import ManualClock
from application.ports.challenges import ChallengeFilter
from application.ports.idempotency import IdempotencyKey
from application.ports.storage import Storage, UnitOfWork
from application.ports.workers import Worker
from domain.challenge import Challenge, ChallengeStatus, ChallengeVersion, Difficulty, TestCase
from domain.ids import ChallengeId, SessionId, TestCaseId, UserId
from domain.user import Role, Session, User
from tests.contracts.adapters_of import STORAGES
from tests.contracts.machines import STEPWISE, Comparison
from tests.contracts.values import (
    FULL_RULES,
    NOW,
    beside,
    case,
    challenge,
    idempotency_key,
    idempotency_record,
    inline,
    presentation,
    session,
    user,
    version,
    worker,
)

Answer = TypeVar("Answer")

PREFIXES = st.sampled_from(("a", "A", "b", " ", "\U0001f680", "\uffff"))
EMAILS = st.sampled_from(("a@x.org", "A@X.org", "b@x.org", "c@x.org", "d@x.org"))
SLUGS = st.sampled_from(("a", "b", "c-d", "a-b-c", "0"))
TEXTS = st.sampled_from(("", "a", "B", "%", "_", "\U0001f680", "a_b% \\"))
TAGS = st.lists(st.sampled_from(("a", "A", "\u00e9", "a b")), unique=True, max_size=2).map(tuple)
WAITS = st.sampled_from((0, 1, 3_600, 90_000)).map(lambda s: timedelta(seconds=s))
USERS = st.builds(user, PREFIXES, email=EMAILS, role=st.sampled_from(Role), disabled=st.booleans())
PRESENTATIONS = st.builds(presentation, TEXTS, difficulty=st.sampled_from(Difficulty), tags=TAGS)
CHALLENGES = st.builds(
    challenge,
    PREFIXES,
    slug=SLUGS,
    status=st.sampled_from(ChallengeStatus),
    shown=PRESENTATIONS,
    revision=st.integers(1, 3),
)
DATA = st.binary(max_size=20).map(inline) | st.binary(max_size=2).map(beside)
CASES = st.builds(case, PREFIXES, given=DATA, wanted=DATA, explanation=TEXTS)
KEYS = st.builds(
    idempotency_key, key=st.sampled_from(("k", "K")), body_hash=st.sampled_from(("x", "y"))
)
FILTERS = st.builds(
    ChallengeFilter,
    status=st.none() | st.sampled_from(ChallengeStatus),
    difficulty=st.none() | st.sampled_from(Difficulty),
    tag=st.none() | st.sampled_from(("a", "A", "\u00e9", "a b")),
    text=st.none() | TEXTS,
)


class Unwanted(Exception):
    """What a block raises, so that it is rolled back."""


class StorageComparison(Comparison[Storage]):
    users: Bundle[User] = Bundle("users")
    sessions: Bundle[Session] = Bundle("sessions")
    challenges: Bundle[Challenge] = Bundle("challenges")
    versions: Bundle[ChallengeVersion] = Bundle("versions")
    cases: Bundle[TestCase] = Bundle("cases")

    def entry(self, name: str, folder: Path) -> AbstractAsyncContextManager[Storage]:
        return STORAGES[name](folder, ManualClock())

    def write(
        self, step: Callable[[UnitOfWork], Awaitable[Answer]], *, in_vain: bool = False
    ) -> None:
        """Do the step in a transaction of its own, which is rolled back where it is in vain."""

        async def transaction(storage: Storage) -> Answer:
            async with storage.begin() as unit:
                answer = await step(unit)
                if in_vain:
                    raise Unwanted(repr(answer))
            return answer

        self.both(transaction)

    def look(self, step: Callable[[UnitOfWork], Awaitable[Answer]]) -> None:
        async def transaction(storage: Storage) -> Answer:
            async with storage.read() as unit:
                return await step(unit)

        self.both(transaction)

    def next_name(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.made = 0

    @rule(by=WAITS)
    def let_time_pass(self, by: timedelta) -> None:
        self.now += by

    # --- users and sessions ---

    @rule(target=users, given=USERS, in_vain=st.booleans())
    def add_user(self, given: User, *, in_vain: bool) -> User:
        one = replace(given, id=UserId(self.next_name(given.id)))
        self.write(lambda unit: unit.users.add(one), in_vain=in_vain)
        return one

    @rule(old=users, new=USERS)
    def update_user(self, old: User, new: User) -> None:
        changed = replace(new, id=old.id, email=old.email)

        async def update(unit: UnitOfWork) -> None:
            for _ in await unit.users.by_ids([old.id]):
                await unit.users.update(changed)

        self.write(update)

    @rule(
        one=users,
        after=st.none() | users.map(lambda one: one.id),
        email=EMAILS,
        limit=st.integers(1, 4),
    )
    def read_users(self, one: User, after: UserId | None, email: str, limit: int) -> None:
        async def listed(unit: UnitOfWork) -> list[User]:
            return [*await unit.users.list(after=after, limit=limit)]

        self.look(lambda unit: unit.users.get(one.id))
        self.look(lambda unit: unit.users.by_email(email))
        self.look(lambda unit: unit.users.count_enabled_admins())
        self.look(listed)

    @rule(target=sessions, of=users, life=WAITS)
    def sign_in(self, of: User, life: timedelta) -> Session:
        ends = self.now + life + timedelta(seconds=0.5)
        one = session(self.next_name("s"), of=of.id, expires_at=ends)

        async def add(unit: UnitOfWork) -> None:
            for user_id in await unit.users.by_ids([of.id]):
                await unit.sessions.add(replace(one, user_id=user_id))

        self.write(add)
        return one

    @rule(one=sessions, generation=st.integers(1, 3), in_vain=st.booleans())
    def rotate(self, one: Session, generation: int, *, in_vain: bool) -> None:
        old = replace(one, generation=generation)
        self.write(lambda unit: unit.sessions.rotate(old, self.now), in_vain=in_vain)

    @rule(one=sessions)
    def revoke(self, one: Session) -> None:
        self.write(lambda unit: unit.sessions.revoke(one.id))

    @rule(one=sessions)
    def revoke_all(self, one: Session) -> None:
        self.write(lambda unit: unit.sessions.revoke_all(one.user_id))

    @rule(in_vain=st.booleans())
    def remove_expired_sessions(self, *, in_vain: bool) -> None:
        self.write(lambda unit: unit.sessions.remove_expired(self.now), in_vain=in_vain)

    @rule(one=sessions)
    def read_session(self, one: Session) -> None:
        self.look(lambda unit: unit.sessions.get(SessionId(one.id)))

    # --- challenges, versions, tests ---

    @rule(target=challenges, given=CHALLENGES, in_vain=st.booleans())
    def add_challenge(self, given: Challenge, *, in_vain: bool) -> Challenge:
        one = replace(given, id=ChallengeId(self.next_name(given.id)))
        self.write(lambda unit: unit.challenges.add(one), in_vain=in_vain)
        return one

    @rule(old=challenges, new=CHALLENGES, expected=st.integers(1, 3), in_vain=st.booleans())
    def update_challenge(
        self, old: Challenge, new: Challenge, expected: int, *, in_vain: bool
    ) -> None:
        changed = replace(new, id=old.id)

        async def update(unit: UnitOfWork) -> None:
            for _ in await unit.challenges.by_ids([old.id]):
                await unit.challenges.update(changed, expected_revision=expected)

        self.write(update, in_vain=in_vain)

    @rule(one=challenges, slug=SLUGS)
    def read_challenge(self, one: Challenge, slug: str) -> None:
        self.look(lambda unit: unit.challenges.get(one.id))
        self.look(lambda unit: unit.challenges.by_slug(slug))

    @rule(
        which=FILTERS, after=st.none() | challenges.map(lambda one: one.id), limit=st.integers(1, 4)
    )
    def list_challenges(
        self, which: ChallengeFilter, after: ChallengeId | None, limit: int
    ) -> None:
        async def listed(unit: UnitOfWork) -> list[Challenge]:
            return [*await unit.challenges.list(which, after=after, limit=limit)]

        self.look(listed)

    @rule(one=challenges, given=CASES, in_vain=st.booleans())
    def add_version(self, one: Challenge, given: TestCase, *, in_vain: bool) -> None:
        own = replace(given, id=TestCaseId(self.next_name(given.id)), challenge_id=one.id)
        whole = version(self.made, of=one.id, tests=(own,), rules=FULL_RULES)

        async def add(unit: UnitOfWork) -> None:
            for _ in await unit.challenges.by_ids([one.id]):
                await unit.test_cases.add([own])
                await unit.challenges.add_version(whole)

        async def stored(unit: UnitOfWork) -> list[TestCase]:
            found = await unit.challenges.versions([(one.id, whole.number)])
            return [t for v in found.values() for t in await unit.test_cases.of_version(v)]

        self.write(add, in_vain=in_vain)
        self.look(stored)
        self.look(lambda unit: unit.challenges.version(one.id, whole.number))

    # --- idempotency ---

    @rule(of=users, key=KEYS, in_vain=st.booleans())
    def use_key(self, of: User, key: IdempotencyKey, *, in_vain: bool) -> None:
        own = replace(key, user_id=of.id)
        record = idempotency_record(own, result=self.next_name("r"), created_at=self.now)

        async def add(unit: UnitOfWork) -> None:
            for _ in await unit.users.by_ids([of.id]):
                await unit.idempotency.add(record)

        self.write(add, in_vain=in_vain)
        self.look(lambda unit: unit.idempotency.find(own, self.now))

    @rule()
    def remove_expired_keys(self) -> None:
        self.write(lambda unit: unit.idempotency.remove_expired(self.now))

    # --- workers ---

    @rule(name=st.sampled_from(("w", "W", "w ", "v")), slots=st.integers(1, 2))
    def announce(self, name: str, slots: int) -> None:
        one = replace(worker(name, seen_at=self.now), slots=slots)
        self.write(lambda unit: unit.workers.announce(one))

    @rule(ago=WAITS, in_vain=st.booleans())
    def forget_workers(self, ago: timedelta, *, in_vain: bool) -> None:
        async def alive(unit: UnitOfWork) -> list[Worker]:
            return [*await unit.workers.alive(self.now - ago)]

        self.look(alive)
        self.write(lambda unit: unit.workers.remove_lost(self.now - ago), in_vain=in_vain)
        self.look(alive)


@pytest.mark.parametrize("adapter", STORAGES)
def test_each_step_has_the_answer_that_memory_gives(adapter: str) -> None:
    class Against(StorageComparison):
        name = adapter

    run_state_machine_as_test(Against, settings=STEPWISE)
