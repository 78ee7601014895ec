"""What keys created, in a dictionary."""

from datetime import datetime

from adapters.memory.tables import Tables
from application.ports.idempotency import (
    IDEMPOTENCY_LIFETIME,
    IdempotencyKey,
    IdempotencyRace,
    IdempotencyRecord,
    IdempotencyRepository,
)
from domain.errors import IdempotencyKeyReused
from domain.ids import UserId


class MemoryIdempotencyRepository(IdempotencyRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, key: IdempotencyKey, now: datetime) -> IdempotencyRecord | None:
        record = self._tables.idempotency.get(_place(key))
        if record is None or not _is_living(record, now):
            return None
        if record.key.body_hash != key.body_hash:
            raise IdempotencyKeyReused
        return record

    async def add(self, record: IdempotencyRecord) -> None:
        records = self._tables.to_write.idempotency
        stored = records.get(_place(record.key))
        if stored is not None and _is_living(stored, record.created_at):
            raise IdempotencyRace
        records[_place(record.key)] = record

    async def remove_expired(self, now: datetime) -> int:
        records = self._tables.to_write.idempotency
        expired = [place for place, record in records.items() if not _is_living(record, now)]
        for place in expired:
            del records[place]
        return len(expired)


def _place(key: IdempotencyKey) -> tuple[UserId, str, str]:
    return key.user_id, key.route, key.key


def _is_living(record: IdempotencyRecord, now: datetime) -> bool:
    return now - record.created_at <= IDEMPOTENCY_LIFETIME
