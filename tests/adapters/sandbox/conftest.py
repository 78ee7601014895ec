"""One sandbox for all tests of this folder: finding out what the machine can do takes seconds."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.sandbox.judge import SandboxJudge
from tests.adapters.sandbox.judging import sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(pytestconfig: pytest.Config) -> AsyncIterator[SandboxJudge]:
    async with sandbox(pytestconfig) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def offered(judge: SandboxJudge) -> tuple[str, ...]:
    return tuple(str(language.id) for language in await judge.languages())
