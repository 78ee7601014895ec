"""Server-sent events of a submission: resumable, never longer than the reader's token."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec
from anyio import CancelScope
from litestar.response import Stream

from application.ports.clock import Clock
from application.ports.progress import (
    Compiled,
    Done,
    EventId,
    ProgressEvent,
    StatusChanged,
    TestFinished,
)
from application.ports.storage import StoreUnavailable
from application.use_cases.authenticate import Authenticate, Identity
from application.use_cases.get_submission import GetSubmission, SubmissionDetails
from application.use_cases.watch_submission import WatchSubmission
from domain.errors import NotSignedIn, SubmissionNotFound
from domain.ids import SubmissionId
from domain.submission import Submission, SubmissionKind, SubmissionStatus
from entrypoints.http.edge import leave_at
from entrypoints.http.event_ids import place_before, told_id, was_told
from entrypoints.http.problems import HttpRequest
from entrypoints.http.security import bearer_token
from entrypoints.http.streams import Streams
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.submissions import shown_test_view, submission_item

EVENT_STREAM = "text/event-stream"
LAST_EVENT_ID = {"Last-Event-ID": "The last event that came: those after it are sent."}
PING = b": ping\n\n"
_ID = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")
_RETRY_MS = 2_000
"""After how long browsers come again."""
_GRACE_S = 1.0
"""How much later than its end a stream is cut off that waits for a reader who does not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What watching needs."""

    get_submission: GetSubmission
    watch_submission: WatchSubmission
    authenticate: Authenticate
    clock: Clock
    options: HttpOptions
    streams: Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who reads a stream, and how long they may."""

    identity: Identity
    token: str
    end_at: float
    """By the event loop's clock."""


async def watch(
    request: HttpRequest,
    watching: Watching,
    identity: Identity,
    submission_id: SubmissionId,
    kind: SubmissionKind,
) -> Stream:
    """The stream of one's own submission or run.

    Raises:
        SubmissionNotFound: there is none, or it is another's.
        Refused: 429, too many are open.
    """
    details = await watching.get_submission(submission_id, owner=identity.user, kind=kind)
    watching.streams.check_room(identity.user.id)
    after = _last_event_id(request.headers.get("last-event-id", ""), details.submission)
    life_s = (identity.expires_at - watching.clock.now()).total_seconds()
    end_at = asyncio.get_running_loop().time() + min(watching.options.stream_lifetime_s, life_s)
    leave_at(request.scope, end_at + _GRACE_S)
    reader = _Reader(identity=identity, token=bearer_token(request), end_at=end_at)
    told = _told(watching, identity, details, after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(_counted(told, watching, reader), media_type=EVENT_STREAM, headers=headers)


async def _counted(
    told: AsyncGenerator[bytes], watching: Watching, reader: _Reader
) -> AsyncGenerator[bytes]:
    """The stream, as one of those that its reader may have open."""
    with watching.streams.opened(reader.identity.user.id) as has_room:
        async with aclosing(_paced(told, watching, reader)) as paced:
            yield f"retry: {_RETRY_MS}\n\n".encode()
            if has_room:
                async for piece in paced:
                    yield piece


async def _paced(
    told: AsyncGenerator[bytes], watching: Watching, reader: _Reader
) -> AsyncGenerator[bytes]:
    """The events as they come, a ping in every silence, until life ends or the server stops."""
    loop = asyncio.get_running_loop()
    admitted_at = loop.time()
    upcoming = asyncio.ensure_future(anext(told, None))
    ending = asyncio.ensure_future(watching.streams.ending.wait())
    try:
        while (left_s := reader.end_at - loop.time()) > 0 and not ending.done():
            patience_s = min(watching.options.ping_s, left_s)
            await asyncio.wait(
                {upcoming, ending}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if loop.time() - admitted_at >= watching.options.ping_s:
                if not await _is_still_admitted(watching, reader):
                    return
                admitted_at = loop.time()
            if not upcoming.done():
                yield PING
                continue
            if (event := upcoming.result()) is None:
                return
            yield event
            upcoming = asyncio.ensure_future(anext(told, None))
    finally:
        with CancelScope(shield=True):  # the reader left: that must not cancel the closing
            upcoming.cancel()
            ending.cancel()
            await asyncio.wait({upcoming, ending})
            await told.aclose()


async def _is_still_admitted(watching: Watching, reader: _Reader) -> bool:
    """Whether the reader would be let in now; asked of the store, not of what is remembered."""
    watching.authenticate.forget(reader.identity.session_id)
    try:
        await watching.authenticate(reader.token)
    except (NotSignedIn, StoreUnavailable):  # who may read all the same comes again
        return False
    return True


async def _told(
    watching: Watching, identity: Identity, details: SubmissionDetails, after: EventId | None
) -> AsyncGenerator[bytes]:
    """Each event as the reader may know it; always with `done` at the end of what is over."""
    submission_id = details.submission.id
    teller = _Teller(watching, identity, details)
    feedback = details.feedback
    events = watching.watch_submission(submission_id, after=place_before(after, feedback))
    try:
        async for event in events:
            if was_told(event, after, feedback):
                continue
            if (told := await teller.told(event)) is not None:
                yield told
            if isinstance(event.what, Done):
                return
    finally:
        with CancelScope(shield=True):
            await events.aclose()
    if (last := await teller.done_if_over()) is not None:
        yield last


class _Teller:
    """Turns events into text, for the candidate whose submission it is."""

    def __init__(self, watching: Watching, identity: Identity, details: SubmissionDetails) -> None:
        self._get = watching.get_submission
        self._owner = identity.user
        self._first = details
        self._known: dict[int, SubmissionDetails] = {}

    async def told(self, event: ProgressEvent) -> bytes | None:
        """The event, or None where the reader may know nothing of it."""
        id_ = told_id(event, self._first.feedback)
        match event.what:
            case StatusChanged(status=status):
                return _sse("status", {"status": status}, id_)
            case Compiled(compilation=compilation):
                data = {"ok": compilation.ok, "output": compilation.output}
                return _sse("compiled", data, id_)
            case TestFinished(test=test):
                view = shown_test_view(await self._details_of(event.id.judgement), test)
                return None if view is None else _sse("test", view, id_)
            case Done():
                return _done(await self._current(), id_)

    async def done_if_over(self) -> bytes | None:
        """`done` for whoever named an event behind the last one."""
        current = await self._current()
        submission = current.submission
        if submission.status is not SubmissionStatus.DONE or submission.pending_number is not None:
            return None
        return _done(current, None)

    async def _details_of(self, number: int) -> SubmissionDetails:
        """Which tests that judgement is about, and so which of them are public.

        A rejudge may be on a version that is not known here before it is written down: until
        then each of its tests counts as hidden.
        """
        if number in self._known:
            return self._known[number]
        submission = self._first.submission
        try:
            self._known[number] = await self._get(
                submission.id, owner=self._owner, kind=submission.kind, number=number
            )
        except SubmissionNotFound:
            return self._first if number <= 1 else replace(self._first, tests={})
        return self._known[number]

    async def _current(self) -> SubmissionDetails:
        first = self._first.submission
        return await self._get(first.id, owner=self._owner, kind=first.kind)


def _last_event_id(text: str, submission: Submission) -> EventId | None:
    """The id, if this submission can have had such an event; else None, which is the beginning."""
    match = _ID.fullmatch(text.strip())
    if match is None:
        return None
    judgement, attempt, sequence = (int(part) for part in match.groups())
    newest = max(submission.judgement_number, submission.pending_number or 0)
    if judgement > newest or attempt > submission.attempt + 1:
        return None
    return EventId(judgement=judgement, attempt=attempt, sequence=sequence)


def _done(details: SubmissionDetails, id_: EventId | None) -> bytes:
    return _sse("done", submission_item(details.submission, details.feedback), id_)


def _sse(name: str, data: msgspec.Struct | Mapping[str, object], id_: EventId | None) -> bytes:
    """One event; JSON has no line breaks, so the data is one line."""
    head = f"id: {id_}\n" if id_ is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
