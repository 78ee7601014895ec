"""Users, challenges and tests in a SQL database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import select

from adapters.sql.challenges import SqlChallengeRepository
from adapters.sql.deployment import SqlDeploymentRepository
from adapters.sql.engine import SqlEngine, Transaction
from adapters.sql.idempotency import SqlIdempotencyRepository
from adapters.sql.rejudge_sets import SqlRejudgeSetRepository
from adapters.sql.sessions import SqlSessionRepository
from adapters.sql.tables import users
from adapters.sql.test_cases import SqlTestCaseRepository
from adapters.sql.users import SqlUserRepository
from adapters.sql.workers import SqlWorkerRepository
from application.ports.challenges import ChallengeRepository
from application.ports.deployment import DeploymentRepository
from application.ports.idempotency import IdempotencyRepository
from application.ports.rejudge_sets import RejudgeSetRepository
from application.ports.sessions import SessionRepository
from application.ports.storage import Storage, UnitOfWork
from application.ports.test_cases import TestCaseRepository
from application.ports.users import UserRepository
from application.ports.workers import WorkerRepository


class SqlUnitOfWork(UnitOfWork):
    """One transaction of the database."""

    def __init__(self, transaction: Transaction, *, for_change: bool) -> None:
        self._users = SqlUserRepository(transaction, for_change=for_change)
        self._sessions = SqlSessionRepository(transaction)
        self._challenges = SqlChallengeRepository(transaction, for_change=for_change)
        self._test_cases = SqlTestCaseRepository(transaction)
        self._idempotency = SqlIdempotencyRepository(transaction)
        self._workers = SqlWorkerRepository(transaction)
        self._deployment = SqlDeploymentRepository(transaction)
        self._rejudge_sets = SqlRejudgeSetRepository(transaction)

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


class SqlStorage(Storage):
    """Closes the engine that it is given."""

    def __init__(self, engine: SqlEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        async with self._engine.writing() as transaction:
            yield SqlUnitOfWork(transaction, for_change=True)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[UnitOfWork]:
        async with self._engine.reading() as transaction:
            yield SqlUnitOfWork(transaction, for_change=False)

    async def check(self) -> None:
        await self._engine.read(lambda connection: connection.execute(_ANY_USER).first())

    async def close(self) -> None:
        await self._engine.close()


_ANY_USER = select(users.c.id).limit(1)
