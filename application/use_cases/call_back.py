"""A client named an address that is told what came of its program."""

from dataclasses import dataclass

from application.ports.callback_sender import CallbackFailed, CallbackSender
from application.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    sender: CallbackSender
    clock: Clock
    pause_s: float = 1.0

    async def __call__(self, url: str, body: bytes, *, tries: int, timeout_s: float) -> None:
        """Tell it, again where that may help.

        Raises:
            CallbackFailed: it was not told.
        """
        for attempt in range(1, tries + 1):
            try:
                await self.sender.send(url, body, timeout_s=timeout_s)
            except CallbackFailed as failure:
                if attempt == tries or not failure.may_pass:
                    raise
            else:
                return
            await self.clock.sleep(self.pause_s * attempt)
