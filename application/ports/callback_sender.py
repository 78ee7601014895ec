"""Tells a client's own server what came of its ticket."""

from typing import Protocol


class CallbackFailed(Exception):
    """It was not told; `reason` is for staff, and `may_pass` where another try may succeed."""

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_pass = may_pass


class CallbackSender(Protocol):
    """Sends to addresses that clients name, so it goes nowhere that they should not reach."""

    async def send(self, url: str, body: bytes, *, timeout_s: float) -> None:
        """PUT the JSON text there, and return when it was taken.

        Raises:
            CallbackFailed: it was not, or the address is not one to be called.
        """
        ...

    async def close(self) -> None:
        """Let go of what is held; harmless when called twice."""
        ...
