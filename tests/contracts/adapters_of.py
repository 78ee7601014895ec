"""Which adapters there are of each port: a new one is a line in a table.

Those that need a server are made in a module of their technology (`redis_adapters.py`, ...).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from adapters.filesystem.blob_cache import CachedBlobStore
from adapters.filesystem.blob_store import FolderBlobStore
from adapters.in_process.dead_letters import InProcessDeadLetters
from adapters.in_process.progress import InProcessProgressStream
from adapters.in_process.rate_limiter import InProcessRateLimiter
from adapters.in_process.task_queue import InProcessTaskQueue
from adapters.memory.blob_store import HeldBlob, MemoryBlobStore
from adapters.memory.clock import ManualClock
from adapters.memory.ids import MemoryIds
from adapters.memory.judge import MemoryJudge
from adapters.memory.storage import MemoryStorage
from adapters.memory.submissions import MemorySubmissionRepository
from adapters.memory.totals import MemoryTotals
from adapters.sandbox.judge import SandboxJudge
from adapters.security.keys import derive_keys
from adapters.security.passwords import Argon2PasswordHasher
from adapters.security.tokens import JwtTokens
from adapters.sql.sqlite import SqliteEngine
from adapters.sql.storage import SqlStorage
from adapters.sql.submissions import SqlSubmissionRepository
from adapters.sql.totals import SqlTotals
from adapters.system.clock import SystemClock
from adapters.system.ids import SystemIds
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.passwords import PasswordHasher
from application.ports.progress import ProgressStream
from application.ports.rate_limiter import RateLimiter
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.tokens import Tokens
from domain.ids import BlobKey, LanguageId
from domain.submission import WorkClass
from tests.contracts.dramatiq_adapters import (
    rabbitmq_dead_letters,
    rabbitmq_task_queue,
    redis_dead_letters,
    redis_task_queue,
)
from tests.contracts.in_hand import (
    COMPARES,
    BlobStoreFactory,
    BlobStoreInHand,
    ClockInHand,
    DeadLettersFactory,
    DeadLettersInHand,
    JudgeFactory,
    JudgeInHand,
    ProgressStreamFactory,
    RateLimiterFactory,
    StorageFactory,
    SubmissionsFactory,
    TaskQueueFactory,
    TaskQueueInHand,
    TotalsFactory,
    TotalsInHand,
    with_python,
)
from tests.contracts.judge0_adapters import judge0_judge
from tests.contracts.kafka_adapters import kafka_dead_letters, kafka_task_queue
from tests.contracts.mongo_adapters import mongo_submissions, mongo_totals
from tests.contracts.mysql_adapters import mysql_storage, mysql_submissions, mysql_totals
from tests.contracts.redis_adapters import redis_progress_stream, redis_rate_limiter
from tests.contracts.s3_adapters import s3_blob_store


@asynccontextmanager
async def memory_storage(_: Path, __: ManualClock) -> AsyncIterator[Storage]:
    storage = MemoryStorage()
    yield storage
    await storage.close()


@asynccontextmanager
async def memory_submissions(_: Path, __: ManualClock) -> AsyncIterator[SubmissionRepository]:
    submissions = MemorySubmissionRepository()
    yield submissions
    await submissions.close()


@asynccontextmanager
async def memory_totals(_: Path, __: ManualClock) -> AsyncIterator[TotalsInHand]:
    submissions = MemorySubmissionRepository()
    totals = MemoryTotals(submissions)
    yield TotalsInHand(totals=totals, submissions=submissions)
    await totals.close()
    await submissions.close()


@asynccontextmanager
async def sqlite_totals(folder: Path, _: ManualClock) -> AsyncIterator[TotalsInHand]:
    engine = SqliteEngine(folder / "assay.sqlite3")
    yield TotalsInHand(totals=SqlTotals(engine), submissions=SqlSubmissionRepository(engine))
    await engine.close()


@asynccontextmanager
async def memory_blob_store(_: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    held: dict[BlobKey, HeldBlob] = {}

    def damage(key: BlobKey, content: bytes) -> None:
        held[key] = HeldBlob(content=content, touched_at=held[key].touched_at)

    store = MemoryBlobStore(clock, held)
    yield BlobStoreInHand(store=store, damage=damage, count_kept=lambda: len(held))
    await store.close()


@asynccontextmanager
async def sqlite_storage(folder: Path, _: ManualClock) -> AsyncIterator[Storage]:
    storage = SqlStorage(SqliteEngine(folder / "assay.sqlite3"))
    yield storage
    await storage.close()


@asynccontextmanager
async def sqlite_submissions(folder: Path, _: ManualClock) -> AsyncIterator[SubmissionRepository]:
    submissions = SqlSubmissionRepository(SqliteEngine(folder / "assay.sqlite3"))
    yield submissions
    await submissions.close()


@asynccontextmanager
async def folder_blob_store(folder: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    root = folder / "blobs"

    def damage(key: BlobKey, content: bytes) -> None:
        (root / key[:2] / key[2:]).write_bytes(content)

    def count_kept() -> int:
        return sum(path.is_file() for path in root.rglob("*"))

    store = FolderBlobStore(root, clock)
    yield BlobStoreInHand(store=store, damage=damage, count_kept=count_kept)
    await store.close()


@asynccontextmanager
async def cached_blob_store(folder: Path, clock: ManualClock) -> AsyncIterator[BlobStoreInHand]:
    async with folder_blob_store(folder, clock) as remote:
        store = CachedBlobStore(remote.store, folder / "cache", clock)
        yield replace(remote, store=store)
        await store.close()


@asynccontextmanager
async def in_process_task_queue() -> AsyncIterator[TaskQueueInHand]:
    queue = InProcessTaskQueue(slots=3)
    yield TaskQueueInHand(queue=queue, wake_ups=queue, most=6)
    await queue.close()


@asynccontextmanager
async def in_process_dead_letters() -> AsyncIterator[DeadLettersInHand]:
    queue = InProcessTaskQueue(slots=3)
    letters = InProcessDeadLetters(queue)

    async def die(work_class: WorkClass, reason: str, failed_at: datetime) -> str:
        letters.bury(work_class, reason=reason, failed_at=failed_at, attempts=4)
        (newest,) = await letters.newest(1)
        return newest.id

    yield DeadLettersInHand(letters=letters, die=die, woken=queue.next)
    await letters.close()


@asynccontextmanager
async def in_process_progress_stream() -> AsyncIterator[ProgressStream]:
    stream = InProcessProgressStream()
    yield stream
    await stream.close()


@asynccontextmanager
async def in_process_rate_limiter(clock: ManualClock) -> AsyncIterator[RateLimiter]:
    limiter = InProcessRateLimiter(clock)
    yield limiter
    await limiter.close()


def argon2_password_hasher() -> PasswordHasher:
    return Argon2PasswordHasher(passes=1, memory_kib=64, lanes=1)


def jwt_tokens(secret: bytes, clock: Clock) -> Tokens:
    return JwtTokens(derive_keys(secret), clock)


def manual_clock() -> ClockInHand:
    clock = ManualClock()

    async def pass_time(seconds: float) -> None:
        await asyncio.sleep(0)
        clock.advance(timedelta(seconds=seconds))

    return ClockInHand(clock=clock, pass_time=pass_time)


def system_clock() -> ClockInHand:
    return ClockInHand(clock=SystemClock(), pass_time=asyncio.sleep)


@asynccontextmanager
async def memory_judge(_: Path) -> AsyncIterator[JudgeInHand]:
    judge = MemoryJudge()
    yield JudgeInHand(
        judge=judge,
        language=LanguageId("python3"),
        echo="echo",
        print_hello="print hello",
        complain="complain oh no",
        exit_with_3="exit 3",
        end_by_signal_11="signal 11",
        spend_much_cpu_time="spend 60000",
        sleep_for_long="sleep 600000",
        eat_much_memory="eat 4194304",
        flood="flood",
        wait_for_ever="wait",
        not_a_program="does not compile",
        checker="compare\ntell look",
    )
    await judge.close()


@asynccontextmanager
async def sandbox_judge(folder: Path) -> AsyncIterator[JudgeInHand]:
    judge = SandboxJudge(folder, slots=2, allow_weak=True, only=("bash", "python3"))
    yield replace(with_python(judge), checker=COMPARES)
    await judge.close()


STORAGES: dict[str, StorageFactory] = {
    "memory": memory_storage,
    "sqlite": sqlite_storage,
    "mysql": mysql_storage,
}
SUBMISSIONS: dict[str, SubmissionsFactory] = {
    "memory": memory_submissions,
    "sqlite": sqlite_submissions,
    "mysql": mysql_submissions,
    "mongo": mongo_submissions,
}
TOTALS: dict[str, TotalsFactory] = {
    "memory": memory_totals,
    "sqlite": sqlite_totals,
    "mysql": mysql_totals,
    "mongo": mongo_totals,
}
BLOB_STORES: dict[str, BlobStoreFactory] = {
    "memory": memory_blob_store,
    "cached": cached_blob_store,
    "folder": folder_blob_store,
    "s3": s3_blob_store,
}
TASK_QUEUES: dict[str, TaskQueueFactory] = {
    "in_process": in_process_task_queue,
    "dramatiq on redis": redis_task_queue,
    "dramatiq on rabbitmq": rabbitmq_task_queue,
    "kafka": kafka_task_queue,
}
DEAD_LETTERS: dict[str, DeadLettersFactory] = {
    "in_process": in_process_dead_letters,
    "dramatiq on redis": redis_dead_letters,
    "dramatiq on rabbitmq": rabbitmq_dead_letters,
    "kafka": kafka_dead_letters,
}
PROGRESS_STREAMS: dict[str, ProgressStreamFactory] = {
    "in_process": in_process_progress_stream,
    "redis": redis_progress_stream,
}
RATE_LIMITERS: dict[str, RateLimiterFactory] = {
    "in_process": in_process_rate_limiter,
    "redis": redis_rate_limiter,
}
PASSWORD_HASHERS: dict[str, Callable[[], PasswordHasher]] = {
    "argon2": argon2_password_hasher,
}
TOKENS: dict[str, Callable[[bytes, Clock], Tokens]] = {
    "jwt": jwt_tokens,
}
CLOCKS: dict[str, Callable[[], ClockInHand]] = {
    "manual": manual_clock,
    "system": system_clock,
}
IDS: dict[str, Callable[[], Ids]] = {
    "memory": MemoryIds,
    "system": SystemIds,
}
JUDGES: dict[str, JudgeFactory] = {
    "memory": memory_judge,
    "sandbox": sandbox_judge,
    "judge0": judge0_judge,
}
