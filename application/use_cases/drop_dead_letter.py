"""Staff have seen a dead letter: nobody needs it any more."""

from dataclasses import dataclass

from application.ports.dead_letters import DeadLetters


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDeadLetter:
    dead_letters: DeadLetters

    async def __call__(self, letter_id: str) -> None:
        """Forget it.

        Raises:
            DeadLetterNotFound: there is none of that id.
            QueueUnavailable: the queue cannot be reached now.
        """
        await self.dead_letters.drop(letter_id)
