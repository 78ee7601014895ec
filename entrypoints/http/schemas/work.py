"""The work that waits, who does it, and what the queue gave up, as staff see it."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.submission import WorkClass
from entrypoints.http.queries import DEFAULT_LIMIT, MAX_LIMIT
from entrypoints.http.schemas.common import View


class LettersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a list that has no pages."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=MAX_LIMIT, description="How many items at most.")
    ] = DEFAULT_LIMIT


class DeadLetterView(View, frozen=True, kw_only=True):
    """A wake-up that failed again and again; the work itself is in the store."""

    id: str
    work_class: WorkClass
    reason: str
    failed_at: datetime
    attempts: int


class DeadLetterList(View, frozen=True, kw_only=True):
    items: list[DeadLetterView]


class QueueView(View, frozen=True, kw_only=True):
    """`due` could be judged now; `waiting` is held back until `next_due_at` at least."""

    due: dict[WorkClass, int]
    waiting: int
    next_due_at: datetime | None


class WorkerView(View, frozen=True, kw_only=True):
    """A process that judges, with the ids of the languages that it offers."""

    id: str
    slots: int
    languages: list[str]
    started_at: datetime
    seen_at: datetime


class WorkerList(View, frozen=True, kw_only=True):
    items: list[WorkerView]
