"""A repository on the shared server, and a server of one's own to be killed and stopped still."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.mongo.submissions import MongoSubmissionRepository
from tests.adapters.mongo.house import House
from tests.contracts.mongo_adapters import fresh_database, mongo_client
from tests.services.mongo import mongo_server
from tests.services.process import PrivateServer


@pytest.fixture
def uri() -> Iterator[str]:
    with fresh_database() as uri:
        yield uri


@pytest.fixture
async def submissions(uri: str) -> AsyncIterator[MongoSubmissionRepository]:
    submissions = MongoSubmissionRepository(uri)
    yield submissions
    await submissions.close()


@pytest.fixture
async def house(uri: str, submissions: MongoSubmissionRepository) -> House:
    """The documents as they are, once the repository has made what has to be there."""
    await submissions.check()
    return House(mongo_client()[uri.rpartition("/")[2]])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateServer, str]]:
    folder: Path = tmp_path_factory.mktemp("mongo")
    server, uri = mongo_server(folder)
    server.start()
    yield server, uri
    server.kill()
