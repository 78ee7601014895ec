"""The dead letters of a broker: what its workers gave up, with the reason that they wrote on it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.dramatiq.broker import Dead, QueueBroker
from adapters.dramatiq.thread import OwnThread
from application.ports.dead_letters import DeadLetter, DeadLetters
from domain.errors import DeadLetterNotFound
from domain.submission import WorkClass

PATIENCE_S = 2.0


class DramatiqDeadLetters(DeadLetters):
    """Kept by the broker for seven days."""

    def __init__(self, broker: QueueBroker) -> None:
        self._broker = broker
        self._thread = OwnThread("dead-letters", PATIENCE_S, broker.close)

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        letters = await self._thread.do(lambda: self._all(limit))
        return sorted(letters, key=lambda letter: letter.failed_at, reverse=True)[:limit]

    async def resend(self, letter_id: str) -> None:
        await self._thread.do(lambda: self._take(letter_id, resending=True))

    async def drop(self, letter_id: str) -> None:
        await self._thread.do(lambda: self._take(letter_id, resending=False))

    async def close(self) -> None:
        await self._thread.end()

    def _all(self, limit: int) -> list[DeadLetter]:
        queues = self._broker.queues
        return [_letter(dead) for queue in queues for dead in self._broker.dead(queue, limit)]

    def _take(self, letter_id: str, *, resending: bool) -> None:
        for queue in self._broker.queues:
            with self._broker.take_dead(queue, letter_id) as dead:
                if dead is None:
                    continue
                if resending:  # before it goes: twice is better than never
                    self._broker.send(_work_class(dead))
                return
        raise DeadLetterNotFound(letter_id)


def _letter(dead: Dead) -> DeadLetter:
    """What the worker wrote on it; whatever else ended there has no reason, and one try."""
    options = dead.options
    written_at = options.get("failed_at", dead.message_timestamp)
    return DeadLetter(
        id=dead.message_id,
        work_class=_work_class(dead),
        reason=options.get("reason", "unknown"),
        failed_at=datetime.fromtimestamp(written_at / 1_000, UTC),
        attempts=options.get("tries", 1),
    )


def _work_class(message: Dead) -> WorkClass:
    return WorkClass(message.args[0])
