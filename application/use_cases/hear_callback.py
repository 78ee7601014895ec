"""A remote judge says that it may be done with something, or somebody else does."""

from dataclasses import dataclass

from application.ports.judge import JudgeCallbacks


@dataclass(frozen=True, slots=True, kw_only=True)
class HearCallback:
    """`callbacks` is None where the judge of this process is not called back."""

    callbacks: JudgeCallbacks | None

    async def __call__(self, token: str) -> bool:
        """Let the job of that token look at once, if there is one; False where none is ever."""
        if self.callbacks is None:
            return False
        self.callbacks.wake(token)
        return True
