"""Challenges, as candidates read them and as staff write them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from domain.challenge import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    ChallengeStatus,
    Difficulty,
    Feedback,
)
from domain.limits import (
    MAX_MEMORY_KIB,
    MAX_OUTPUT_KIB,
    MAX_TIME_MS,
    MIN_MEMORY_KIB,
    MIN_OUTPUT_KIB,
    MIN_TIME_MS,
    Limits,
)
from domain.scoring import MAX_GROUP_NAME_LENGTH, MAX_GROUPS, MAX_WEIGHT, GroupRule, ScoringKind
from entrypoints.http.schemas.checkers import CheckerBody, TokensChecker
from entrypoints.http.schemas.common import ONE_LINE, Input, LanguageName, Line, Text, View

_DEFAULT = Limits()
TimeMs = Annotated[int, msgspec.Meta(ge=MIN_TIME_MS, le=MAX_TIME_MS)]
MemoryKib = Annotated[int, msgspec.Meta(ge=MIN_MEMORY_KIB, le=MAX_MEMORY_KIB)]
OutputKib = Annotated[int, msgspec.Meta(ge=MIN_OUTPUT_KIB, le=MAX_OUTPUT_KIB)]
Weight = Annotated[int, msgspec.Meta(ge=0, le=MAX_WEIGHT)]
GroupName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MAX_GROUP_NAME_LENGTH, pattern=ONE_LINE)
]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TAG_LENGTH, pattern=ONE_LINE)]
Tags = Annotated[
    list[Tag], msgspec.Meta(max_length=MAX_TAGS, extra_json_schema={"uniqueItems": True})
]
Languages = Annotated[
    list[LanguageName],
    msgspec.Meta(
        max_length=100,
        description="Those allowed; none named = all that are offered.",
        extra_json_schema={"uniqueItems": True},
    ),
]
FeedbackPolicy = Annotated[
    Feedback,
    msgspec.Meta(
        description="What candidates are told of hidden tests. `full`: each one's verdict, score, "
        "time (rounded up to 10 ms) and memory (to 1 MiB); by these a program can carry "
        "information about a hidden test's input out. `summary` (public tests only) and "
        "`verdict` (no tests) close that: no figure that hidden tests had a part in is told."
    ),
]
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,64}$", max_length=64)]


class LimitsBody(Input, frozen=True, kw_only=True):
    """Limits of one test: CPU time, peak memory, standard output."""

    time_ms: TimeMs = _DEFAULT.time_ms
    memory_kib: MemoryKib = _DEFAULT.memory_kib
    output_kib: OutputKib = _DEFAULT.output_kib


class LanguageLimitsBody(Input, frozen=True, kw_only=True):
    """Limits of one language, absolute; what is left out follows from the language's factors."""

    time_ms: TimeMs | None = None
    memory_kib: MemoryKib | None = None


class GroupBody(Input, frozen=True, kw_only=True):
    """A group of tests with points of its own; it counts if all in `requires` are full."""

    name: GroupName
    points: Weight
    rule: GroupRule = GroupRule.ALL
    requires: Annotated[list[GroupName], msgspec.Meta(max_length=MAX_GROUPS)] = msgspec.field(
        default_factory=list
    )


class ChallengeBody(Input, frozen=True, kw_only=True):
    """A challenge as staff write it."""

    slug: Slug | None = None
    title: Line
    statement: Text = ""
    difficulty: Difficulty = Difficulty.EASY
    tags: Tags = msgspec.field(default_factory=list)
    limits: LimitsBody = LimitsBody()
    language_limits: dict[LanguageName, LanguageLimitsBody] = msgspec.field(default_factory=dict)
    languages: Languages = msgspec.field(default_factory=list)
    checker: CheckerBody = TokensChecker()
    scoring: ScoringKind = ScoringKind.ALL_OR_NOTHING
    groups: Annotated[list[GroupBody], msgspec.Meta(max_length=MAX_GROUPS)] = msgspec.field(
        default_factory=list
    )
    starter_code: dict[LanguageName, Text] = msgspec.field(default_factory=dict)
    feedback: FeedbackPolicy = Feedback.FULL
    status: ChallengeStatus = ChallengeStatus.DRAFT


class ChallengeReplacement(ChallengeBody, frozen=True, kw_only=True):
    """The same, whole; read-only fields may stand in it, as they were read, and are ignored."""

    id: Any = None
    version: Any = None
    published_version: Any = None
    version_hash: Any = None
    revision: Any = None
    resolved_limits: Any = None
    test_count: Any = None
    max_score: Any = None
    created_at: Any = None
    updated_at: Any = None


class ResolvedLimitsView(View, frozen=True, kw_only=True):
    """What holds in one language."""

    time_ms: int
    memory_kib: int
    output_kib: int


class AdminChallengeView(View, frozen=True, kw_only=True):
    """A challenge, whole, with its newest version."""

    id: str
    slug: str
    title: str
    statement: str
    difficulty: Difficulty
    tags: list[str]
    limits: LimitsBody
    language_limits: dict[str, LanguageLimitsBody]
    languages: list[str]
    checker: CheckerBody
    scoring: ScoringKind
    groups: list[GroupBody]
    starter_code: dict[str, str]
    feedback: FeedbackPolicy
    status: ChallengeStatus
    version: int
    published_version: int
    version_hash: str
    revision: int
    resolved_limits: dict[str, ResolvedLimitsView]
    test_count: int
    max_score: int
    created_at: datetime
    updated_at: datetime


class AdminChallengeItem(View, frozen=True, kw_only=True):
    """A challenge in the staff's list."""

    id: str
    slug: str
    title: str
    difficulty: Difficulty
    tags: list[str]
    status: ChallengeStatus
    version: int
    published_version: int
    revision: int
    test_count: int
    max_score: int
    created_at: datetime
    updated_at: datetime


class AdminChallengePage(View, frozen=True, kw_only=True):
    items: list[AdminChallengeItem]
    next_cursor: str | None


class ChallengeItem(View, frozen=True, kw_only=True):
    """A published challenge in the candidate's list; `best_score` null = never tried."""

    id: str
    slug: str
    title: str
    difficulty: Difficulty
    tags: list[str]
    max_score: int
    best_score: float | int | None
    solved: bool


class ChallengePage(View, frozen=True, kw_only=True):
    items: list[ChallengeItem]
    next_cursor: str | None


class ChallengeLanguageView(View, frozen=True, kw_only=True):
    """A language that the challenge takes, with its limits."""

    id: str
    name: str
    time_ms: int
    memory_kib: int


class SampleView(View, frozen=True, kw_only=True):
    """A public test; `truncated` where the first 64 KiB are shown."""

    name: str
    input: str
    expected_output: str
    explanation: str
    truncated: bool


class ChallengeView(View, frozen=True, kw_only=True):
    """All that a candidate may know of a challenge."""

    id: str
    slug: str
    title: str
    statement: str
    difficulty: Difficulty
    tags: list[str]
    version: int
    limits: ResolvedLimitsView
    languages: list[ChallengeLanguageView]
    samples: list[SampleView]
    starter_code: dict[str, str]
    feedback: FeedbackPolicy
    scoring: ScoringKind
    max_score: int
    best_score: float | int | None
    solved: bool


class LanguageView(View, frozen=True, kw_only=True):
    """A language that this installation really runs."""

    id: str
    name: str
    version: str
    file_name: str
    compile_command: str | None
    run_command: str
