"""A server that is away or stopped still: nobody waits for it long, and it is found again."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from adapters.mongo.client import QUICK_S, Collections, MongoConnection
from adapters.mongo.schema import prepare
from adapters.mongo.submissions import MongoSubmissionRepository
from application.ports.storage import StoreRefused, StoreUnavailable
from application.ports.submissions import SubmissionFilter, SubmissionRepository
from domain.submission import WorkClass
from tests.contracts.values import (
    ALICE,
    NOW,
    SECOND,
    SUM,
    handed_in,
    idempotency_key,
    judgement,
    lease,
    submission,
)
from tests.services.process import PrivateServer, free_port

PATIENCE_S = 10
"""One and a half, and what a busy machine adds; the driver alone waits for longer."""
ALL = tuple(WorkClass)
T = TypeVar("T")
S1 = submission().id


@pytest.fixture
async def repository(
    server: tuple[PrivateServer, str],
) -> AsyncIterator[SubmissionRepository]:
    """On a server that may be killed, in a new database, with a submission."""
    repository = MongoSubmissionRepository(f"{server[1]}{uuid.uuid4().hex}")
    await _answered(lambda: repository.add(submission(), handed_in(), None))
    yield repository
    await repository.close()


@contextmanager
def frozen(server: PrivateServer) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


async def test_every_operation_gives_up_soon_while_the_server_hangs(
    server: tuple[PrivateServer, str], repository: SubmissionRepository
) -> None:
    claim = await repository.claim_next(ALL, NOW, lease())
    assert claim is not None
    operations: list[Callable[[], Awaitable[object]]] = [
        repository.check,
        lambda: repository.add(submission("s2"), handed_in(), idempotency_key()),
        lambda: repository.created_by(idempotency_key(), NOW),
        lambda: repository.get(S1),
        lambda: repository.handed_in(S1),
        lambda: repository.judgement(S1, 1),
        lambda: repository.list(SubmissionFilter(), before=None, limit=10),
        lambda: repository.claim_next(ALL, NOW, lease("t2")),
        lambda: repository.extend(claim, NOW + SECOND),
        lambda: repository.hand_back(claim, not_before=NOW, failed=True),
        lambda: repository.record_outcome(claim, judgement()),
        lambda: repository.release_worker("w"),
        lambda: repository.request_rejudge(S1, version=1),
        lambda: repository.queue_state(NOW),
        lambda: repository.remove_expired_runs(NOW),
        lambda: repository.progress_of(ALICE),
        lambda: repository.best_scores(None),
        lambda: repository.judged_facts(None, since=None, until=None),
        lambda: repository.test_failures(SUM, since=None, until=None),
    ]
    with frozen(server[0]):
        waits = await asyncio.gather(*(_refused_after_s(operation) for operation in operations))
    assert max(waits) < PATIENCE_S
    assert await _answered(lambda: repository.get(S1)) is not None


async def test_many_who_wait_at_once_all_give_up_soon(
    server: tuple[PrivateServer, str], repository: SubmissionRepository
) -> None:
    with frozen(server[0]):
        waits = await asyncio.gather(
            *(_refused_after_s(lambda: repository.get(S1)) for _ in range(100))
        )
    assert max(waits) < PATIENCE_S


async def test_who_comes_first_while_the_server_hangs_gives_up_soon_and_all_with_them(
    server: tuple[PrivateServer, str],
) -> None:
    repository = MongoSubmissionRepository(f"{server[1]}first")
    with frozen(server[0]):
        waits = await asyncio.gather(
            *(_refused_after_s(lambda: repository.get(S1)) for _ in range(30))
        )
    assert max(waits) < PATIENCE_S
    assert await _answered(lambda: repository.get(S1)) is None
    await repository.close()


async def test_long_work_may_go_on_as_long_as_the_server_answers(
    server: tuple[PrivateServer, str],
) -> None:
    connection = MongoConnection(f"{server[1]}long", prepare)

    async def work(_: Collections) -> str:
        return await asyncio.sleep(QUICK_S + 0.5, "done")

    assert await connection.patiently(work) == "done"
    assert await _refused_after_s(lambda: connection.quickly(work)) < PATIENCE_S
    with frozen(server[0]):
        assert await _refused_after_s(lambda: connection.patiently(work)) < PATIENCE_S
    await connection.close()


async def test_a_server_that_is_not_there_is_unavailable_soon() -> None:
    repository = MongoSubmissionRepository(f"mongodb://127.0.0.1:{free_port()}/")
    assert await _refused_after_s(repository.check) < PATIENCE_S
    assert await _refused_after_s(lambda: repository.get(S1)) < PATIENCE_S
    await repository.close()
    await repository.close()


@pytest.mark.usefixtures("patience")
async def test_refused_credentials_are_told_apart_without_naming_them(
    server: tuple[PrivateServer, str],
) -> None:
    address = server[1].replace("mongodb://", "mongodb://bob:secret@")
    repository = MongoSubmissionRepository(address)
    with pytest.raises(StoreRefused, match="refuses") as refusal:
        await repository.check()
    await repository.close()
    assert "secret" not in str(refusal.value)


async def test_a_closed_repository_is_unavailable(repository: SubmissionRepository) -> None:
    await repository.close()
    assert await _refused_after_s(lambda: repository.get(S1)) < PATIENCE_S


async def test_what_a_hanging_server_was_asked_for_may_be_asked_again(
    server: tuple[PrivateServer, str], repository: SubmissionRepository
) -> None:
    """It does what it was told when it goes on, after everybody has given up."""
    claim = await repository.claim_next(ALL, NOW, lease())
    assert claim is not None
    outcome, key = judgement(), idempotency_key()
    with frozen(server[0]):
        await asyncio.gather(
            _refused_after_s(lambda: repository.record_outcome(claim, outcome)),
            _refused_after_s(lambda: repository.add(submission("s2"), handed_in(), key)),
        )
    done = await _answered(lambda: repository.record_outcome(claim, outcome))
    again = await _answered(lambda: repository.add(submission("s3"), handed_in(), key))
    assert done == await repository.get(S1)
    assert again.id in {"s2", "s3"}
    listed = await repository.list(SubmissionFilter(), before=None, limit=10)
    assert [one.id for one in listed] == [again.id, S1]


async def test_the_same_submission_handed_in_twice_without_a_key_is_one(
    repository: SubmissionRepository,
) -> None:
    assert await repository.add(submission(), handed_in(), None) == submission()
    with pytest.raises(ValueError, match="stored already"):
        await repository.add(submission(), handed_in("other"), None)


async def test_a_server_that_was_started_anew_is_found_again(
    server: tuple[PrivateServer, str], repository: SubmissionRepository
) -> None:
    server[0].kill()
    assert await _refused_after_s(lambda: repository.get(S1)) < PATIENCE_S
    server[0].start()
    assert await _answered(lambda: repository.get(S1)) == submission()


async def _refused_after_s(operation: Callable[[], Awaitable[object]]) -> float:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="MongoDB"):
        await operation()
    return time.monotonic() - began


async def _answered(operation: Callable[[], Awaitable[T]]) -> T:
    """Its answer, once the server is found again."""
    give_up_at = time.monotonic() + 60
    while True:
        try:
            return await operation()
        except StoreUnavailable:
            assert time.monotonic() < give_up_at
