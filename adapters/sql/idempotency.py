"""What keys created, in a SQL database."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, insert, select

from adapters.sql.engine import Clash, Transaction, change, first
from adapters.sql.tables import idempotency_keys, values_of
from application.ports.idempotency import (
    IDEMPOTENCY_LIFETIME,
    IdempotencyKey,
    IdempotencyRace,
    IdempotencyRecord,
    IdempotencyRepository,
)
from domain.errors import IdempotencyKeyReused

_keys = idempotency_keys.c


class SqlIdempotencyRepository(IdempotencyRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find(self, key: IdempotencyKey, now: datetime) -> IdempotencyRecord | None:
        living = select(idempotency_keys).where(_same(key), ~_expired(now))
        row = await first(self._transaction, living)
        if row is None:
            return None
        if row["body_hash"] != key.body_hash:
            raise IdempotencyKeyReused
        return IdempotencyRecord(key=key, result=row["result"], created_at=row["created_at"])

    async def add(self, record: IdempotencyRecord) -> None:
        outdated = and_(_same(record.key), _expired(record.created_at))
        await change(self._transaction, delete(idempotency_keys).where(outdated))
        row = values_of(record.key) | {"result": record.result, "created_at": record.created_at}
        try:
            await change(self._transaction, insert(idempotency_keys).values(row))
        except Clash:
            raise IdempotencyRace from None

    async def remove_expired(self, now: datetime) -> int:
        return await change(self._transaction, delete(idempotency_keys).where(_expired(now)))


def _same(key: IdempotencyKey) -> ColumnElement[bool]:
    return and_(_keys.user_id == key.user_id, _keys.route == key.route, _keys.key == key.key)


def _expired(now: datetime) -> ColumnElement[bool]:
    return _keys.created_at < now - IDEMPOTENCY_LIFETIME
