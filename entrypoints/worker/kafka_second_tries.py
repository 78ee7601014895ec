"""What becomes of a wake-up that failed: tried again later, a few times, then a dead letter."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord

from application.ports.clock import Clock
from entrypoints.worker.core import RETRY_AFTER_S

_NOT_BEFORE = "not-before"
"""Header: milliseconds since 1970."""
_TRIES = "tries"
"""Header: how many have failed."""
_REASON = "reason"
_MOST_REASON = 2_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondTries:
    """Hands a failed wake-up on to the topic of the retries or of the dead letters."""

    producer: AIOKafkaProducer
    retry_topic: str
    dead_topic: str
    clock: Clock

    def wait_s(self, record: ConsumerRecord) -> float:
        """How long it is not to be tried yet; 0 for one that never failed."""
        due_ms = _number(record, _NOT_BEFORE)
        return max(0.0, due_ms / 1_000 - self.clock.now().timestamp())

    async def put_off(self, record: ConsumerRecord, failure: Exception) -> None:
        """Keep it for another try, or, after the last one, for staff.

        Raises:
            KafkaError: it could not be written, so the wake-up is not to be acknowledged.
        """
        failed = _number(record, _TRIES) + 1
        if failed > len(RETRY_AFTER_S):
            await self._bury(record, failed, failure)
            return
        due = self.clock.now() + timedelta(seconds=RETRY_AFTER_S[failed - 1])
        headers = [
            (_TRIES, str(failed).encode()),
            (_NOT_BEFORE, str(round(due.timestamp() * 1_000)).encode()),
        ]
        await self.producer.send_and_wait(self.retry_topic, record.value or b"", headers=headers)

    async def _bury(self, record: ConsumerRecord, failed: int, failure: Exception) -> None:
        reason = f"{type(failure).__name__}: {failure}"[:_MOST_REASON]
        headers = [(_TRIES, str(failed).encode()), (_REASON, reason.encode("utf-8", "replace"))]
        letter = f"{record.topic}-{record.partition}-{record.offset}"  # twice written, still one
        await self.producer.send_and_wait(
            self.dead_topic,
            record.value or b"",  # none at all would say that the letter is gone
            key=letter.encode(),
            timestamp_ms=round(self.clock.now().timestamp() * 1_000),
            headers=headers,
        )
        _log.error("a wake-up is given up", letter=letter, tries=failed, reason=reason)


def _number(record: ConsumerRecord, header: str) -> int:
    """The header's number; 0 where it is missing or somebody else's."""
    text = dict(record.headers).get(header, b"")
    return int(text) if text.isdigit() else 0
