"""Who judges now, in a dictionary."""

from collections.abc import Sequence
from datetime import datetime

from adapters.memory.tables import Tables
from application.ports.workers import Worker, WorkerRepository


class MemoryWorkerRepository(WorkerRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def announce(self, worker: Worker) -> None:
        self._tables.to_write.workers[worker.id] = worker

    async def alive(self, since: datetime) -> Sequence[Worker]:
        seen = [worker for worker in self._tables.workers.values() if worker.seen_at >= since]
        return sorted(seen, key=lambda worker: worker.id)

    async def remove(self, worker_id: str) -> None:
        self._tables.to_write.workers.pop(worker_id, None)

    async def remove_lost(self, before: datetime) -> int:
        workers = self._tables.to_write.workers
        lost = [worker.id for worker in workers.values() if worker.seen_at < before]
        for worker_id in lost:
            del workers[worker_id]
        return len(lost)
