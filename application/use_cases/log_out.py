"""A person signs out, here or everywhere."""

from dataclasses import dataclass

from application.ports.storage import Storage
from domain.ids import SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOut:
    storage: Storage

    async def __call__(
        self, *, user_id: UserId, session_id: SessionId, everywhere: bool = False
    ) -> None:
        """Revoke this sign-in, or all of the user; harmless when repeated."""
        async with self.storage.begin() as unit:
            if everywhere:
                await unit.sessions.revoke_all(user_id)
            else:
                await unit.sessions.revoke(session_id)
