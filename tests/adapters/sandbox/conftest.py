"""One sandbox for all tests of this folder: finding out what the machine can do takes seconds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.sandbox.cgroups import find_cgroups
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.machine import Machine, look_at
from adapters.sandbox.own import OwnFolder
from adapters.sandbox.running import Boxes
from tests.adapters.sandbox.judging import sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(pytestconfig: pytest.Config) -> AsyncIterator[SandboxJudge]:
    async with sandbox(pytestconfig) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def offered(judge: SandboxJudge) -> tuple[str, ...]:
    return tuple(str(language.id) for language in await judge.languages())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def machine(pytestconfig: pytest.Config) -> AsyncIterator[Machine]:
    home = Path(pytestconfig.cache.mkdir("assay-sandbox")) / "sandbox"
    own = OwnFolder(home)
    yield await look_at(home, own.path, find_cgroups(), allow_weak=True)
    own.remove()


@pytest.fixture
def boxes(machine: Machine) -> Boxes:
    assert machine.boxing is not None
    return Boxes(machine.boxing, machine.cgroups)
