"""Sign-ins in a dictionary."""

from dataclasses import replace
from datetime import datetime

from adapters.memory.tables import Tables, refuse_known, refuse_unknown
from application.ports.sessions import SessionRepository
from domain.ids import SessionId, UserId
from domain.user import Session


class MemorySessionRepository(SessionRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, session: Session) -> None:
        tables = self._tables.to_write
        refuse_known(session.id, tables.sessions)
        refuse_unknown(session.user_id, tables.users)
        tables.sessions[session.id] = session

    async def get(self, session_id: SessionId) -> Session | None:
        return self._tables.sessions.get(session_id)

    async def rotate(self, session: Session, now: datetime) -> bool:
        sessions = self._tables.to_write.sessions
        stored = sessions.get(session.id)
        if stored is None or stored.generation != session.generation:
            return False
        sessions[session.id] = replace(stored, generation=stored.generation + 1, rotated_at=now)
        return True

    async def revoke(self, session_id: SessionId) -> None:
        sessions = self._tables.to_write.sessions
        if session_id in sessions:
            sessions[session_id] = replace(sessions[session_id], revoked=True)

    async def revoke_all(self, user_id: UserId) -> None:
        sessions = self._tables.to_write.sessions
        for session in [s for s in sessions.values() if s.user_id == user_id]:
            sessions[session.id] = replace(session, revoked=True)

    async def remove_expired(self, now: datetime) -> int:
        sessions = self._tables.to_write.sessions
        expired = [s.id for s in sessions.values() if s.expires_at <= now]
        for session_id in expired:
            del sessions[session_id]
        return len(expired)
