"""Staff have mended what a wake-up failed of: it is sent again."""

from dataclasses import dataclass

from application.ports.dead_letters import DeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendDeadLetter:
    dead_letters: DeadLetters

    async def __call__(self, letter_id: str) -> None:
        """Send it with all its tries before it.

        Raises:
            DeadLetterNotFound: there is none of that id.
            QueueUnavailable: the queue cannot be reached now.
        """
        await self.dead_letters.resend(letter_id)
