"""Sign-ins, in a SQL database."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from adapters.sql.engine import Transaction, change, first
from adapters.sql.tables import sessions, values_of
from application.ports.sessions import SessionRepository
from domain.ids import SessionId, UserId
from domain.user import Session


class SqlSessionRepository(SessionRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, session: Session) -> None:
        await change(self._transaction, insert(sessions).values(values_of(session)))

    async def get(self, session_id: SessionId) -> Session | None:
        row = await first(self._transaction, select(sessions).where(sessions.c.id == session_id))
        return None if row is None else Session(**row)

    async def rotate(self, session: Session, now: datetime) -> bool:
        current = (
            update(sessions)
            .where(sessions.c.id == session.id, sessions.c.generation == session.generation)
            .values(generation=session.generation + 1, rotated_at=now)
        )
        return await change(self._transaction, current) == 1

    async def revoke(self, session_id: SessionId) -> None:
        mine = sessions.c.id == session_id
        await change(self._transaction, update(sessions).where(mine).values(revoked=True))

    async def revoke_all(self, user_id: UserId) -> None:
        own = sessions.c.user_id == user_id
        await change(self._transaction, update(sessions).where(own).values(revoked=True))

    async def remove_expired(self, now: datetime) -> int:
        expired = sessions.c.expires_at <= now
        return await change(self._transaction, delete(sessions).where(expired))
