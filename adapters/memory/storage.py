"""Users, challenges and tests in dictionaries, with real transactions."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.memory.challenges import MemoryChallengeRepository
from adapters.memory.deployment import MemoryDeploymentRepository
from adapters.memory.idempotency import MemoryIdempotencyRepository
from adapters.memory.rejudge_sets import MemoryRejudgeSetRepository
from adapters.memory.sessions import MemorySessionRepository
from adapters.memory.tables import Tables
from adapters.memory.test_cases import MemoryTestCaseRepository
from adapters.memory.users import MemoryUserRepository
from adapters.memory.workers import MemoryWorkerRepository
from application.ports.challenges import ChallengeRepository
from application.ports.deployment import DeploymentRepository
from application.ports.idempotency import IdempotencyRepository
from application.ports.rejudge_sets import RejudgeSetRepository
from application.ports.sessions import SessionRepository
from application.ports.storage import Storage, UnitOfWork
from application.ports.test_cases import TestCaseRepository
from application.ports.users import UserRepository
from application.ports.workers import WorkerRepository


class MemoryStorage(Storage):
    """Write transactions come one after another, each on a copy that takes effect at its end.

    Readers see what was committed when they began. As strict as a database with every constraint:
    a key that is there already, or a reference to what is not there, is a `ValueError`.
    """

    def __init__(self) -> None:
        self._committed = Tables()
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        await asyncio.sleep(0)  # as with a real database, others get their turn
        async with self._writing:
            tables = self._committed.copied()
            try:
                yield MemoryUnitOfWork(tables)
                self._committed = tables
            finally:
                tables.writable = False

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[UnitOfWork]:
        await asyncio.sleep(0)
        yield MemoryUnitOfWork(self._committed)

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return


class MemoryUnitOfWork(UnitOfWork):
    def __init__(self, tables: Tables) -> None:
        self._users = MemoryUserRepository(tables)
        self._sessions = MemorySessionRepository(tables)
        self._challenges = MemoryChallengeRepository(tables)
        self._test_cases = MemoryTestCaseRepository(tables)
        self._idempotency = MemoryIdempotencyRepository(tables)
        self._workers = MemoryWorkerRepository(tables)
        self._deployment = MemoryDeploymentRepository(tables)
        self._rejudge_sets = MemoryRejudgeSetRepository(tables)

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

    @property
    def rejudge_sets(self) -> RejudgeSetRepository:
        return self._rejudge_sets
