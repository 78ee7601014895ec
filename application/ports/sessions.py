"""Sign-ins that last."""

from datetime import datetime
from typing import Protocol

from domain.ids import SessionId, UserId
from domain.user import Session


class SessionRepository(Protocol):
    """Sign-ins."""

    async def add(self, session: Session) -> None:
        """Store a new sign-in."""
        ...

    async def get(self, session_id: SessionId) -> Session | None:
        """The sign-in, or None."""
        ...

    async def rotate(self, session: Session, now: datetime) -> bool:
        """Compare-and-set: make `generation` + 1 current if the stored one equals `session`'s."""
        ...

    async def revoke(self, session_id: SessionId) -> None:
        """Revoke one sign-in; harmless when repeated or unknown."""
        ...

    async def revoke_all(self, user_id: UserId) -> None:
        """Revoke every sign-in of a user."""
        ...

    async def remove_expired(self, now: datetime) -> int:
        """Forget sign-ins that have expired; how many."""
        ...
