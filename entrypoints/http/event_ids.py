"""The ids of events as a candidate is told them: under a closed policy they count nothing hidden.

A sequence that counts every event says by its gaps how many tests are not told. Under `summary`
and `verdict` it says what kind of event it is instead: it grows all the same, so readers resume.
"""

from dataclasses import replace

from application.ports.progress import Compiled, Done, EventId, ProgressEvent, TestFinished
from domain.challenge import Feedback
from domain.submission import SubmissionStatus

_STATUSES = {SubmissionStatus.QUEUED: 1, SubmissionStatus.RUNNING: 2}
_COMPILED = 3
_BEFORE_TESTS = 10
_OVER, _DONE = 900_000_001, 900_000_002
"""Behind every test."""


def told_id(event: ProgressEvent, feedback: Feedback) -> EventId:
    """The id under which the reader is told the event."""
    if feedback is Feedback.FULL or event.id.sequence == 0:
        return event.id
    return replace(event.id, sequence=_sequence(event))


def place_before(after: EventId | None, feedback: Feedback) -> EventId | None:
    """From where to read so that nothing behind `after`, which the reader was told, is missed."""
    if after is None or feedback is Feedback.FULL:
        return after
    return replace(after, sequence=0)


def was_told(event: ProgressEvent, after: EventId | None, feedback: Feedback) -> bool:
    """Whether the reader who was told `after` has the event; they may always hear of the end."""
    told = told_id(event, feedback)
    if after is None or isinstance(event.what, Done):
        return False
    same_attempt = (told.judgement, told.attempt) == (after.judgement, after.attempt)
    return same_attempt and told.sequence <= after.sequence


def _sequence(event: ProgressEvent) -> int:
    match event.what:
        case TestFinished(test=test):
            return _BEFORE_TESTS + test.ordinal
        case Compiled():
            return _COMPILED
        case Done():
            return _DONE
        case changed:
            return _STATUSES.get(changed.status, _OVER)
