"""A cancellation is never lost, whatever the driver does with it."""

import asyncio
from contextlib import suppress
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.mysql_transactions import connected


class _DeafConnection:
    """One that comes up just as it is told not to, as with `asyncio.wait_for` of Python 3.11."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.closed = False
        self.invalidated = True

    async def start(self) -> AsyncConnection:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return cast("AsyncConnection", self)
        raise AssertionError("nobody sets that event")

    async def close(self) -> None:
        self.closed = True


class _QuickConnection(_DeafConnection):
    async def start(self) -> AsyncConnection:
        return cast("AsyncConnection", self)


class _Pool:
    def __init__(self, connection: _DeafConnection) -> None:
        self._connection = connection

    def connect(self) -> _DeafConnection:
        return self._connection


async def test_a_cancellation_that_the_driver_loses_is_found() -> None:
    connection = _DeafConnection()
    connecting = asyncio.create_task(connected(cast("AsyncEngine", _Pool(connection))))
    await connection.begun.wait()

    connecting.cancel()
    await asyncio.wait({connecting})

    assert connecting.cancelled()
    assert connection.closed


async def test_who_was_cancelled_before_may_still_connect() -> None:
    """As what tidies up after a cancellation does."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)

    connection = _QuickConnection()
    assert await connected(cast("AsyncEngine", _Pool(connection))) is cast("object", connection)

    task.uncancel()
