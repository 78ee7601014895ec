"""A MySQL or MariaDB server: how connections to it are made, and what its errors mean."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InternalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from application.ports.storage import StoreUnavailable

WHAT = "MySQL"
"""How it is called in messages."""
LONGEST_STATEMENT_S = 30
LOCK_WAIT_S = 3
_CONNECT_S = 1.0
_CLOSING_S = 1.0
_POOL_WAIT_S = 10.0
_POOL_SIZE = 8
_RECYCLE_S = 1_800
"""Servers and firewalls drop connections that have been idle for hours."""

_SESSION = (
    "SET time_zone = '+00:00', sql_notes = 0, max_error_count = 0,"
    " sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
    f" innodb_lock_wait_timeout = {LOCK_WAIT_S}, lock_wait_timeout = {LOCK_WAIT_S}"
)
_BOUND = (
    f" /*M!100100 , max_statement_time = {LONGEST_STATEMENT_S} */"
    f" /*!50708 , max_execution_time = {LONGEST_STATEMENT_S * 1_000} */"
)
"""MariaDB reads only the first comment, MySQL only the second, which bounds SELECT alone."""

_REPEATABLE = frozenset({1205, 1213, 3572})
"""Lock wait timeout, deadlock, lock not available at once."""
_REFUSED = frozenset({1044, 1045, 1049, 1251, 1698})
"""Access denied, unknown database, no common way to prove who one is."""
_LOST = frozenset({0, 1053, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2055, 4031})
"""The connection is gone, or nothing more can be said on it."""
_UNREACHABLE = frozenset({2002, 2003, 2005})
_UNABLE = _UNREACHABLE | frozenset(
    {
        1021,  # disk full
        1040,  # too many connections
        1114,  # table full
        1129,  # host is blocked
        1203,  # too many connections of this user
        1226,  # as above
        1290,  # read-only, as a replica is
        1317,  # interrupted
        1836,  # read-only
        1969,  # max_statement_time exceeded
        3024,  # max_execution_time exceeded
    }
)


def url_of(uri: str) -> URL:
    """The address for SQLAlchemy of `mysql://user:password@host[:port]/database`.

    Raises:
        ValueError: it says more than that, or less; the text does not repeat the password.
    """
    try:
        url = make_url(uri)
    except ArgumentError:
        raise ValueError("must be like mysql://user:password@host/database") from None
    if url.query:
        raise ValueError(f"has options that are not known: {', '.join(sorted(url.query))}")
    return url.set(drivername="mysql+asyncmy")


def pool_of(url: URL, *, isolation: str) -> AsyncEngine:
    """Connections whose transactions begin and end by our own words alone.

    They are not pinged before use, as the word that begins a transaction tells as much.
    """
    return create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        pool_recycle=_RECYCLE_S,
        pool_use_lifo=True,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        connect_args=_arguments(
            f"{_SESSION}{_BOUND}; SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"
        ),
    )


def single_connections(url: URL) -> AsyncEngine:
    """Connections for work that may take as long as it needs."""
    return create_async_engine(url, poolclass=NullPool, connect_args=_arguments(_SESSION))


def code_of(error: DBAPIError) -> int | None:
    """The server's or the driver's number of the error, if it has one."""
    arguments = () if error.orig is None else error.orig.args
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def is_repeatable(error: DBAPIError) -> bool:
    """Whether the transaction failed through others only, and may do well when done again."""
    return code_of(error) in _REPEATABLE


def is_lost(error: DBAPIError) -> bool:
    """Whether the connection is of no more use."""
    out_of_step = isinstance(error, InternalError) and code_of(error) is None
    return error.connection_invalidated or code_of(error) in _LOST or out_of_step


def is_refusal(error: DBAPIError) -> bool:
    """Whether the server does not let us in."""
    return code_of(error) in _REFUSED


def is_outage(error: DBAPIError) -> bool:
    """Whether it is the server's state, not our statement, that made it fail."""
    return is_lost(error) or is_refusal(error) or code_of(error) in _UNABLE


async def ping(url: URL) -> None:
    """Return if the server answers, whatever it says.

    Raises:
        StoreUnavailable: it does not.
    """
    address = url.translate_connect_args(username="user")
    try:
        connection = await asyncmy.connect(**address, autocommit=None)
        await connection.ensure_closed()
    except MySQLError as error:
        if not error.args or error.args[0] in _UNREACHABLE | _LOST:
            raise StoreUnavailable(WHAT) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: closed as soon as it was opened
        raise StoreUnavailable(WHAT) from error


async def disposed(pool: AsyncEngine) -> None:
    """Close what a pool holds; what does not let itself be closed goes with the process."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_S):
            await pool.dispose()


def abort(driver_connection: Any) -> None:
    """Close without saying so first: to say it to a server that hangs may take for ever."""
    transport: asyncio.Transport | None = getattr(driver_connection, "_transport", None)
    if transport is not None:
        transport.abort()


def _arguments(words: str) -> dict[str, object]:
    return {
        "connect_timeout": _CONNECT_S,
        "charset": "utf8mb4",
        "init_command": words,
        "autocommit": True,
        "binary_prefix": True,
    }
