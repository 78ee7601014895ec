"""Users, challenges and tests, in transactions that one can see."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.ports.challenges import ChallengeRepository
from application.ports.deployment import DeploymentRepository
from application.ports.idempotency import IdempotencyRepository
from application.ports.rejudge_sets import RejudgeSetRepository
from application.ports.sessions import SessionRepository
from application.ports.test_cases import TestCaseRepository
from application.ports.users import UserRepository
from application.ports.workers import WorkerRepository


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

    @property
    def rejudge_sets(self) -> RejudgeSetRepository:
        """What is judged anew."""
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
