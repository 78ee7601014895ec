"""One sandbox for all of this folder, with few languages: nothing else is tried meanwhile."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.sandbox.judge import SandboxJudge

LANGUAGES = ("bash", "c", "python3")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxJudge]:
    opened = SandboxJudge(tmp_path_factory.mktemp("steady"), allow_weak=True, only=LANGUAGES)
    try:
        await opened.settled()
        yield opened
    finally:
        await opened.close()
