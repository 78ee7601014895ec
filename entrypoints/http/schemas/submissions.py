"""Programs handed in and what came of them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.challenge import Visibility
from domain.judgement import Verdict
from domain.program import MAX_FILE_NAME_LENGTH, MAX_FILES
from domain.rejudging import RejudgeOn
from domain.submission import SubmissionStatus
from entrypoints.http.schemas.common import Input, LanguageName, Text, View

Number = float | int
FileName = Annotated[
    str,
    msgspec.Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9_+.-]*$", max_length=MAX_FILE_NAME_LENGTH),
]


class FileBody(Input, frozen=True, kw_only=True):
    """One source file."""

    name: FileName
    content: Text


Files = Annotated[list[FileBody], msgspec.Meta(min_length=1, max_length=MAX_FILES)]


class SubmissionBody(Input, frozen=True, kw_only=True):
    """A program to be judged: `source`, or `files` with an optional `entry_point`."""

    challenge_id: str
    language: LanguageName
    source: Text | msgspec.UnsetType = msgspec.UNSET
    files: Files | msgspec.UnsetType = msgspec.UNSET
    entry_point: FileName | msgspec.UnsetType = msgspec.UNSET


class RunBody(Input, frozen=True, kw_only=True):
    """A program to be tried on `stdin`, or on the samples of the challenge."""

    challenge_id: str | None = None
    language: LanguageName
    source: Text | msgspec.UnsetType = msgspec.UNSET
    files: Files | msgspec.UnsetType = msgspec.UNSET
    entry_point: FileName | msgspec.UnsetType = msgspec.UNSET
    stdin: str | None = None


class Rejudge(Input, frozen=True, kw_only=True):
    """On which version of the challenge to judge anew."""

    version: RejudgeOn = RejudgeOn.CURRENT


class EventView(View, frozen=True, kw_only=True, omit_defaults=True):
    """One event of a stream; `data` is JSON in one line."""

    event: Literal["status", "compiled", "test", "done"]
    data: str
    id: str | msgspec.UnsetType = msgspec.UNSET


class FileView(View, frozen=True, kw_only=True):
    name: str
    content: str


class TestView(View, frozen=True, kw_only=True):
    """One test as a candidate may know it."""

    ordinal: int
    visibility: Visibility
    group: str | None
    verdict: Verdict
    time_ms: int | None
    wall_ms: int | None
    memory_kib: int | None
    score: Number
    max_score: Number
    output: str | None
    output_truncated: bool
    stderr: str | None
    exit_code: int | None
    signal: int | None
    signal_name: str | None
    message: str | None


class AdminTestView(TestView, frozen=True, kw_only=True):
    """One test whole; `fault` says why the platform, or the checker, could not judge it.

    `judge_message` is what a checker of the author's noted, `share` the part of the marks that it
    gave where that is not all or nothing.
    """

    test_case_id: str | None
    name: str | None
    fault: str | None
    judge_message: str | None
    share: Number | None


class ConditionsView(View, frozen=True, kw_only=True):
    """What a program was judged under: limits, and by which tools of which version."""

    time_ms: int
    memory_kib: int
    output_kib: int
    wall_time_ms: int | None
    toolchain: str | None
    judge: str | None


class SubmissionItem(View, frozen=True, kw_only=True):
    """A submission in a list."""

    id: str
    challenge_id: str | None
    challenge_version: int | None
    language: str
    status: SubmissionStatus
    verdict: Verdict | None
    score: Number | None
    max_score: Number | None
    time_ms: int | None
    memory_kib: int | None
    submitted_at: datetime
    judged_at: datetime | None


class SubmissionPage(View, frozen=True, kw_only=True):
    items: list[SubmissionItem]
    next_cursor: str | None


class SubmissionView(SubmissionItem, frozen=True, kw_only=True):
    """A submission whole. `source` is the file to begin with; `files` null = a bare source.

    `queue_position` (1 is next) and `estimated_wait_s` are there while it is queued, as far as they
    are known.
    """

    source: str
    files: list[FileView] | None
    entry_point: str | None
    compile_output: str | None
    tests: list[TestView]
    queue_position: int | None
    estimated_wait_s: int | None


class AdminSubmissionItem(SubmissionItem, frozen=True, kw_only=True):
    """A submission in the staff's list."""

    user_id: str
    ranked: bool
    judgement: int
    pending_judgement: int | None


class AdminSubmissionPage(View, frozen=True, kw_only=True):
    items: list[AdminSubmissionItem]
    next_cursor: str | None


class AdminSubmissionView(AdminSubmissionItem, frozen=True, kw_only=True):
    """A submission whole, with one judgement of it (the one that counts, or the one asked for)."""

    source: str
    files: list[FileView] | None
    entry_point: str | None
    compile_output: str | None
    fault: str | None
    judged_under: ConditionsView | None
    tests: list[AdminTestView]


class RunView(View, frozen=True, kw_only=True):
    """A practice run. The last five are of a run on own input; samples have theirs in `tests`."""

    id: str
    challenge_id: str | None
    challenge_version: int | None
    language: str
    status: SubmissionStatus
    verdict: Verdict | None
    time_ms: int | None
    memory_kib: int | None
    submitted_at: datetime
    judged_at: datetime | None
    expires_at: datetime | None
    source: str
    files: list[FileView] | None
    entry_point: str | None
    compile_output: str | None
    tests: list[TestView]
    queue_position: int | None
    estimated_wait_s: int | None
    stdout: str | None
    stderr: str | None
    exit_code: int | None
    signal: int | None
    signal_name: str | None
