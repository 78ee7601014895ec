"""Dead letters of the queue in this process; they go with it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from application.ports.dead_letters import DeadLetter, DeadLetters, Graveyard
from application.ports.task_queue import TaskQueue
from domain.errors import DeadLetterNotFound
from domain.submission import WorkClass


class InProcessDeadLetters(DeadLetters, Graveyard):
    """Keeps the newest `most`."""

    def __init__(self, queue: TaskQueue, *, most: int = 1_000) -> None:
        self._queue = queue
        self._most = most
        self._numbers = count(1)
        self._letters: dict[str, DeadLetter] = {}

    def bury(
        self, work_class: WorkClass, *, reason: str, failed_at: datetime, attempts: int
    ) -> None:
        letter = DeadLetter(
            id=str(next(self._numbers)),
            work_class=work_class,
            reason=reason,
            failed_at=failed_at,
            attempts=attempts,
        )
        self._letters[letter.id] = letter
        if len(self._letters) > self._most:
            del self._letters[next(iter(self._letters))]

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        letters = sorted(self._letters.values(), key=lambda letter: letter.failed_at)
        return letters[::-1][:limit]

    async def resend(self, letter_id: str) -> None:
        letter = self._found(letter_id)
        await self._queue.judge_submission(letter.work_class)
        del self._letters[letter_id]

    async def drop(self, letter_id: str) -> None:
        del self._letters[self._found(letter_id).id]

    async def close(self) -> None:
        self._letters.clear()

    def _found(self, letter_id: str) -> DeadLetter:
        if letter_id not in self._letters:
            raise DeadLetterNotFound(letter_id)
        return self._letters[letter_id]
