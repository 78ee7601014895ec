"""Challenges, their tests, and the immutable versions that judging reads."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.checking import Checker, check_checker
from domain.errors import InvalidChallenge
from domain.ids import BlobKey, ChallengeId, LanguageId, TestCaseId
from domain.limits import (
    MAX_MEMORY_KIB,
    MAX_OUTPUT_KIB,
    MAX_TIME_MS,
    MIN_MEMORY_KIB,
    MIN_OUTPUT_KIB,
    MIN_TIME_MS,
    LanguageLimits,
    Limits,
)
from domain.scoring import MAX_WEIGHT, Scoring, check_scoring
from domain.text import is_one_line

MAX_STATEMENT_BYTES = 256 * 1024
MAX_TITLE_LENGTH = 200
MAX_TAGS = 20
MAX_TAG_LENGTH = 40
MAX_STARTER_CODE_BYTES = 64 * 1024
"""Of one language."""
MAX_TESTS = 10_000
MAX_EXPLANATION_BYTES = 64 * 1024
MAX_TEST_NAME_LENGTH = 255
MAX_TEST_DATA_BYTES = 64 * 1024 * 1024
"""One input or one expected output."""
MAX_INLINE_BYTES = 1024 * 1024
"""Public test data up to this size is kept in the row itself; above it, beside the hidden data."""

_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_DIGITS = re.compile(r"([0-9]+)")


class Difficulty(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class ChallengeStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Visibility(StrEnum):
    PUBLIC = "public"
    HIDDEN = "hidden"


class Feedback(StrEnum):
    """What a candidate is told of a judgement (decision 18)."""

    FULL = "full"
    """Every test: verdict, time, memory; output of public ones."""
    SUMMARY = "summary"
    """Public tests whole; of the hidden ones only what the score says."""
    VERDICT = "verdict"
    """The verdict and the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestData:
    """One input or expected output: its size and hash, and either the bytes or where they are."""

    key: BlobKey
    size_bytes: int
    inline: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """One test, immutable; a change of a test is a new one in a new version.

    `group` names a group of the challenge's scoring; `since_version` is the version that it came
    with. `position` is where it stood in its upload, the last tie-break of the order of tests.
    """

    id: TestCaseId
    challenge_id: ChallengeId
    name: str
    visibility: Visibility
    input: TestData
    expected_output: TestData
    weight: int
    group: str | None = None
    explanation: str = ""
    position: int
    since_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingRules:
    """What judging reads beside the tests: a change of any of it makes a new version."""

    limits: Limits = field(default_factory=Limits)
    language_limits: dict[LanguageId, LanguageLimits] = field(default_factory=dict)
    languages: tuple[LanguageId, ...] = ()
    """Those allowed; none named = all that are offered."""
    checker: Checker = field(default_factory=Checker)
    scoring: Scoring = field(default_factory=Scoring)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What people read of a challenge; it may change without a new version."""

    title: str
    statement: str = ""
    difficulty: Difficulty = Difficulty.EASY
    tags: tuple[str, ...] = ()
    starter_code: dict[LanguageId, str] = field(default_factory=dict)
    feedback: Feedback = Feedback.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeVersion:
    """An immutable version: rules, limits resolved for each language, tests in judging order.

    `max_score` is in exact units of the scoring; `hash` addresses all that judging reads.
    """

    challenge_id: ChallengeId
    number: int
    rules: JudgingRules
    resolved_limits: dict[LanguageId, Limits]
    test_ids: tuple[TestCaseId, ...]
    max_score: int
    hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A challenge as it stands. `version` is the newest; candidates get `published_version`.

    `revision` grows with every change of anything and is the ETag.
    """

    id: ChallengeId
    slug: str
    presentation: Presentation
    status: ChallengeStatus
    revision: int
    version: int
    published_version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether candidates can see it and hand in."""
        return self.status is ChallengeStatus.PUBLISHED


def slug_from(title: str) -> str:
    """A slug made of a title: `Two Sum!` becomes `two-sum`; empty when nothing is left."""
    return _NOT_SLUG.sub("-", title.casefold()).strip("-")[:64].strip("-")


def check_slug(slug: str) -> str:
    """The slug itself.

    Raises:
        InvalidChallenge: it is not made of 1 to 64 of `a-z`, `0-9` and `-`.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidChallenge("/slug", "must be 1 to 64 of the characters a-z, 0-9 and -")
    return slug


def check_presentation(presentation: Presentation) -> Presentation:
    """The presentation itself.

    Raises:
        InvalidChallenge: something in it is empty, too long or not text.
    """
    _check_text("/title", presentation.title, MAX_TITLE_LENGTH * 4)
    if not presentation.title.strip() or len(presentation.title) > MAX_TITLE_LENGTH:
        raise InvalidChallenge("/title", f"must have 1 to {MAX_TITLE_LENGTH} characters")
    _check_text("/statement", presentation.statement, MAX_STATEMENT_BYTES)
    _check_tags(presentation.tags)
    for language, code in presentation.starter_code.items():
        _check_text(f"/starter_code/{_escaped(language)}", code, MAX_STARTER_CODE_BYTES)
    return presentation


def check_rules(rules: JudgingRules) -> JudgingRules:
    """The rules themselves.

    Raises:
        InvalidChallenge: a limit is out of range, a language is named twice, or the checker or
            the scoring does not fit.
    """
    _check_limits("/limits", rules.limits.time_ms, rules.limits.memory_kib)
    if not MIN_OUTPUT_KIB <= rules.limits.output_kib <= MAX_OUTPUT_KIB:
        raise _out_of_range("/limits/output_kib", MIN_OUTPUT_KIB, MAX_OUTPUT_KIB)
    for language, own in rules.language_limits.items():
        _check_limits(f"/language_limits/{_escaped(language)}", own.time_ms, own.memory_kib)
    if len(set(rules.languages)) != len(rules.languages):
        raise InvalidChallenge("/languages", "names a language twice")
    check_checker(rules.checker)
    check_scoring(rules.scoring)
    return rules


def check_weight(pointer: str, weight: int) -> int:
    """The weight itself.

    Raises:
        InvalidChallenge: it is not from 0 to MAX_WEIGHT.
    """
    if not 0 <= weight <= MAX_WEIGHT:
        raise _out_of_range(pointer, 0, MAX_WEIGHT)
    return weight


def in_judging_order(tests: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """Samples, then hidden ones; each by natural sort of name, then upload order (decision 6)."""
    return tuple(sorted(tests, key=_judging_key))


def _judging_key(test: TestCase) -> tuple[bool, list[tuple[int, int, str]], int, int]:
    hidden = test.visibility is Visibility.HIDDEN
    return hidden, natural_key(test.name), test.since_version, test.position


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key under which `2` comes before `10`, and `a` before `a2`.

    Total: different names never tie.
    """
    parts: list[str] = _DIGITS.split(name)  # text, digits, text, ...
    key = [_part_key(part) for part in parts if part]
    return [*key, (-1, 0, name)]


def _part_key(part: str) -> tuple[int, int, str]:
    """Numbers before text; by length and digits, as a name may hold more than `int` reads."""
    if "0" <= part[0] <= "9":
        digits = part.lstrip("0")
        return 0, len(digits), digits
    return 1, 0, part


def _check_tags(tags: tuple[str, ...]) -> None:
    if len(tags) > MAX_TAGS or len(set(tags)) != len(tags):
        raise InvalidChallenge("/tags", f"must be at most {MAX_TAGS} different tags")
    for position, tag in enumerate(tags):
        if len(tag) > MAX_TAG_LENGTH or not is_one_line(tag):
            raise InvalidChallenge(
                f"/tags/{position}", f"must be one line of 1 to {MAX_TAG_LENGTH} characters"
            )


def _check_text(pointer: str, text: str, max_bytes: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidChallenge(pointer, "holds a lone surrogate, which is not text") from None
    if size > max_bytes:
        raise InvalidChallenge(pointer, f"is {size} bytes long; at most {max_bytes} are taken")
    if "\0" in text:
        raise InvalidChallenge(pointer, "holds a NUL character")


def _check_limits(pointer: str, time_ms: int | None, memory_kib: int | None) -> None:
    if time_ms is not None and not MIN_TIME_MS <= time_ms <= MAX_TIME_MS:
        raise _out_of_range(f"{pointer}/time_ms", MIN_TIME_MS, MAX_TIME_MS)
    if memory_kib is not None and not MIN_MEMORY_KIB <= memory_kib <= MAX_MEMORY_KIB:
        raise _out_of_range(f"{pointer}/memory_kib", MIN_MEMORY_KIB, MAX_MEMORY_KIB)


def _escaped(key: str) -> str:
    """The key as one step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _out_of_range(pointer: str, least: int, most: int) -> InvalidChallenge:
    return InvalidChallenge(pointer, f"must be from {least} to {most}")
