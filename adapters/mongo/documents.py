"""Values of the domain as documents, and back. What is None is left out of a document.

Moments are integers of microseconds, as BSON's dates have milliseconds only, and scores are
integers of millionths: exactly the 6 places to which they are rounded, half to even.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from adapters.mongo.client import Document
from adapters.mongo.lifts import SCHEMA, lifted
from application.ports.idempotency import IdempotencyKey
from application.ports.submissions import HandedIn
from domain.judgement import Verdict
from domain.program import Program, SourceFile
from domain.submission import Submission, SubmissionKind, SubmissionStatus

ALWAYS = 0
"""When work falls due that nothing holds back."""
WITHOUT_TEXTS = MappingProxyType({"handed_in": False, "verdicts": False})
"""A projection: what a submission needs, not the program nor a letter a test."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICRO = 10**6


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=10_000)
def points(millionths: int) -> Fraction:
    """Remembered, as few different scores are read very often."""
    return Fraction(millionths, _MICRO)


def stored(value: object) -> Any:
    """One field of the domain as a document holds it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, Fraction):
        return round(value * _MICRO)
    return value


_NAMES = tuple(field.name for field in fields(Submission) if field.name != "id")
_READ: Mapping[str, Callable[[Any], object]] = {
    "kind": SubmissionKind,
    "status": SubmissionStatus,
    "verdict": Verdict,
    "submitted_at": moment,
    "judged_at": moment,
    "expires_at": moment,
    "score": points,
    "max_score": points,
}


def submission_fields(submission: Submission) -> Document:
    """What is stored of it, None included."""
    return {name: stored(getattr(submission, name)) for name in _NAMES}


def submission_of(document: Mapping[str, Any]) -> Submission:
    """The submission in a document, lifted if it is an older one."""
    current = lifted(document)
    values: dict[str, Any] = {name: current.get(name) for name in _NAMES}
    for name, read in _READ.items():
        if values[name] is not None:
            values[name] = read(values[name])
    return Submission(id=current["_id"], **values)


def new_document(
    submission: Submission, handed_in: HandedIn, key: IdempotencyKey | None
) -> Document:
    """A submission with what came with it; it is work if a judgement is pending."""
    document: Document = {
        "_id": submission.id,
        "schema": SCHEMA,
        **submission_fields(submission),
        "judgements": [],
        "handed_in": _handed_in_document(handed_in),
        "key": None if key is None else key_document(key),
    }
    if submission.pending_number is not None:
        document["work"] = work_document(submission, submission.challenge_version)
    return filled(document)


def work_document(submission: Submission, version: int | None) -> Document:
    work_class = submission.work_class.value
    return filled({"class": work_class, "due_at": ALWAYS, "version": version})


def key_document(key: IdempotencyKey) -> Document:
    return {field.name: getattr(key, field.name) for field in fields(key)}


def handed_in_of(document: Mapping[str, Any]) -> HandedIn:
    handed_in = lifted(document)["handed_in"]
    files = tuple(
        SourceFile(name=file["name"], content=file["content"]) for file in handed_in["files"]
    )
    program = Program(files=files, entry_point=handed_in.get("entry_point"))
    return HandedIn(program=program, stdin=handed_in.get("stdin"))


def _handed_in_document(handed_in: HandedIn) -> Document:
    program = handed_in.program
    return filled(
        {
            "files": [{"name": file.name, "content": file.content} for file in program.files],
            "entry_point": program.entry_point,
            "stdin": handed_in.stdin,
        }
    )


def filled(document: Document) -> Document:
    """Without what is None."""
    return {name: value for name, value in document.items() if value is not None}
