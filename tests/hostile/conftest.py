"""One sandbox for all attacks; after each, the next program must be judged as if nothing was."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.waiting import until_gone
from tests.adapters.sandbox.judging import QUICK, leftovers, ran, sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(pytestconfig: pytest.Config) -> AsyncIterator[SandboxJudge]:
    async with sandbox(pytestconfig) as opened:
        await opened.languages()
        yield opened


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_is_left(judge: SandboxJudge, pytestconfig: pytest.Config) -> AsyncIterator[None]:
    """No process (a group with one cannot be removed), no group, no folder, no dent in the next."""
    yield
    # A process of gigabytes, or with a full disk, may be long in dying; its box is asked for again
    # whenever another is closed.
    for _ in range(10):
        if await until_gone(lambda: not leftovers(pytestconfig)):
            break
        await ran(judge, "bash", "true", b"", QUICK)
    assert leftovers(pytestconfig) == []
    run = await ran(judge, "bash", 'read -r word; echo "$word"; ls -A /box /tmp', b"calm\n", QUICK)
    assert (run.stdout, run.stderr, run.exit_code) == (b"calm\n/box:\n\n/tmp:\n", b"", 0)
    assert run.excess == frozenset()
