"""What is held of one submission."""

from dataclasses import dataclass, field
from datetime import datetime

from application.ports.idempotency import IdempotencyKey
from application.ports.submissions import HandedIn, Lease
from domain.judgement import Judgement
from domain.submission import Submission


@dataclass(slots=True, kw_only=True)
class Record:
    """One submission with all that hangs on it; all it holds is immutable, so nothing is copied.

    `version` is what the pending judgement is to be made on, `failures` how often it failed;
    `settled_number` is the judgement that is counted in totals (0: none).
    """

    submission: Submission
    handed_in: HandedIn
    version: int | None
    key: IdempotencyKey | None
    failures: int = 0
    settled_number: int = 0
    lease: Lease | None = None
    not_before: datetime | None = None
    judgements: dict[int, Judgement] = field(default_factory=dict)

    @property
    def held_until(self) -> datetime | None:
        """From when it can be claimed, if a judgement is pending; None: at any time."""
        return self.not_before if self.lease is None else self.lease.expires_at

    def is_due(self, now: datetime) -> bool:
        return self.held_until is None or self.held_until <= now

    def is_being_judged(self, now: datetime) -> bool:
        return self.lease is not None and now < self.lease.expires_at
