"""On a server two may settle at the same moment, neither of which sees what the other writes."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import text

from adapters.sql.mysql import MysqlEngine
from adapters.sql.settling import settle
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.totals import SqlTotals
from domain.submission import WorkClass
from tests.contracts.mysql_adapters import empty_database
from tests.contracts.values import NOW, SUM, handed_in, judgement, lease, submission

ONE = partial(settle, limit=1)
_WAITING = text(
    "SELECT trx.trx_query FROM information_schema.innodb_trx AS trx"
    " JOIN information_schema.processlist AS process ON process.id = trx.trx_mysql_thread_id"
    " WHERE trx.trx_state = 'LOCK WAIT' AND process.db = DATABASE()"
)


@pytest.fixture
async def engine(
    patience: None,  # noqa: ARG001 - for what it does
) -> AsyncIterator[MysqlEngine]:
    engine = MysqlEngine(empty_database())
    yield engine
    await engine.close()


async def test_who_settles_another_outcome_meanwhile_adds_to_it(engine: MysqlEngine) -> None:
    """It waits before it reads anything: what it adds to would be old when it writes."""
    await _hand_in(engine, "first")
    assert await engine.write(ONE) == 1
    await _hand_in(engine, "s9")
    async with engine.writing() as block:
        assert await block.run(ONE) == 1
        await _hand_in(engine, "s1")
        other = asyncio.create_task(engine.write(ONE))
        waits_in = await _waits_in(engine, other)
    assert await other == 1

    figures = await SqlTotals(engine).figures(None, since=None, until=None)

    assert "settling" in waits_in  # for its turn, and not for a row that both happen to look at
    assert figures[SUM]["submissions"] == 3
    assert figures[None]["submissions"] == 3


async def _hand_in(engine: MysqlEngine, name: str) -> None:
    submissions = SqlSubmissionRepository(engine)
    await submissions.add(submission(name), handed_in(), None)
    claim = await submissions.claim_next((WorkClass.SUBMISSION,), NOW, lease())
    assert claim is not None
    await submissions.record_outcome(claim, judgement())


async def _waits_in(engine: MysqlEngine, work: asyncio.Task[int]) -> str:
    """Only the server knows, and what it tells of transactions is as old as it was asked for.

    It looks anew when nobody has asked for a tenth of a second.
    """
    async with asyncio.timeout(60):
        while not work.done():
            found = await engine.read(lambda connection: connection.execute(_WAITING).scalar())
            if found:
                return str(found)
            await asyncio.sleep(0.15)
    return ""
