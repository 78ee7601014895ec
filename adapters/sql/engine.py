"""What the repositories need of a database: transactions, in which plain functions are run.

Work is written as synchronous functions of a SQLAlchemy connection, so that a whole transaction can
be run at once: on SQLite in one visit to a thread, on a server through `AsyncConnection.run_sync`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Executable, RowMapping, Select

T = TypeVar("T")

_MOST_AT_ONCE = 1_000
"""Values of one IN; databases bound the parameters of a statement."""


class Clash(ValueError):
    """A row breaks a constraint: its key is there already, or it refers to what is not there."""


class Transaction(Protocol):
    """An open transaction."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` makes of the connection.

        Raises:
            Clash: a constraint is broken.
            StoreUnavailable: the database does not answer.
        """
        ...


class SqlEngine(Protocol):
    """One database. Every method may raise StoreUnavailable."""

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that sees one state of the data and never waits for a writer."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that is committed when its block ends well."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """A whole reading transaction."""
        ...

    async def write(
        self, work: Callable[[Connection], T], again: Callable[[Connection], T] | None = None
    ) -> T:
        """A whole writing transaction; one that is cancelled is either done or leaves nothing.

        `work` may be run several times, each time on a state that it has not changed. `again` is
        run in its place where it is not known whether its commit took effect: it may find that all
        is done. Without it that is StoreUnavailable.
        """
        ...

    async def close(self) -> None:
        """Free what is held; harmless when called twice."""
        ...


async def change(transaction: Transaction, statement: Executable) -> int:
    """Run one statement that changes rows; how many it found."""
    return await transaction.run(lambda connection: connection.execute(statement).rowcount)


async def first(transaction: Transaction, statement: Executable) -> RowMapping | None:
    """The first row, or None."""
    return await transaction.run(
        lambda connection: connection.execute(statement).mappings().first()
    )


async def every(transaction: Transaction, statement: Executable) -> Sequence[RowMapping]:
    """All rows."""
    return await transaction.run(lambda connection: connection.execute(statement).mappings().all())


async def every_of(
    transaction: Transaction,
    statement: Select[Any],
    key: ColumnElement[Any],
    wanted: Sequence[Any],
) -> Sequence[RowMapping]:
    """All rows whose key is one of the wanted, however many these are; in no promised order."""

    def rows(connection: Connection) -> Sequence[RowMapping]:
        return [
            row
            for start in range(0, len(wanted), _MOST_AT_ONCE)
            for row in connection.execute(
                statement.where(key.in_(wanted[start : start + _MOST_AT_ONCE]))
            ).mappings()
        ]

    return await transaction.run(rows)
