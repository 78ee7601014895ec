"""Workers that have made themselves known, in a SQL database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from adapters.sql.engine import Transaction, change, every
from adapters.sql.tables import values_of, workers
from application.ports.workers import Worker, WorkerRepository

_columns = workers.c


class SqlWorkerRepository(WorkerRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def announce(self, worker: Worker) -> None:
        row = values_of(worker)
        known = update(workers).where(_columns.id == worker.id).values(row)
        if not await change(self._transaction, known):
            await change(self._transaction, insert(workers).values(row))

    async def alive(self, since: datetime) -> Sequence[Worker]:
        seen = select(workers).where(_columns.seen_at >= since).order_by(_columns.id)
        return [Worker(**row) for row in await every(self._transaction, seen)]

    async def remove(self, worker_id: str) -> None:
        await change(self._transaction, delete(workers).where(_columns.id == worker_id))

    async def remove_lost(self, before: datetime) -> int:
        return await change(self._transaction, delete(workers).where(_columns.seen_at < before))
