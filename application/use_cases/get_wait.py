"""How long a queued submission will have to wait, as far as that can be told."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.submissions import SubmissionFilter, SubmissionRepository
from domain.submission import Submission, SubmissionStatus

_LATELY = timedelta(minutes=1)
_SAMPLE = 64
_FEWEST = 3
"""With fewer judgements of late nothing can be told."""
_KEPT = timedelta(seconds=2)
_SHORTEST_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The place in the line, from 1, and the seconds until then; None: that cannot be told."""

    position: int
    seconds: int | None


@dataclass(slots=True, kw_only=True)
class _Pace:
    """Judgements a second as of a moment; None: too few of late to tell."""

    at: datetime | None = None
    per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWait:
    submissions: SubmissionRepository
    clock: Clock
    _pace: _Pace = field(default_factory=_Pace)

    async def __call__(self, submission: Submission) -> Wait | None:
        """None: it does not wait. The estimate is from the pace of the last minute.

        Raises:
            StoreUnavailable: the store does not answer now.
        """
        if submission.status is not SubmissionStatus.QUEUED:
            return None
        now = self.clock.now()
        position = await self.submissions.position_of(submission.id, now)
        if position is None:
            return None
        pace = await self._per_second(now)
        seconds = None if pace is None else math.ceil(position / pace)
        return Wait(position=position, seconds=seconds)

    async def _per_second(self, now: datetime) -> float | None:
        """The same for all who ask within moments."""
        known = self._pace
        if known.at is None or not now - _KEPT < known.at <= now:
            which = SubmissionFilter(status=SubmissionStatus.DONE)
            newest = await self.submissions.list(which, before=None, limit=_SAMPLE)
            known.at, known.per_second = now, _pace_of(newest, now)
        return known.per_second


def _pace_of(newest: Sequence[Submission], now: datetime) -> float | None:
    ends = [one.judged_at for one in newest if one.judged_at is not None]
    lately = [end for end in ends if now - _LATELY <= end <= now]
    if len(lately) < _FEWEST:
        return None
    return len(lately) / max((now - min(lately)).total_seconds(), _SHORTEST_S)
