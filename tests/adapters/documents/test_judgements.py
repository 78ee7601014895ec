"""Judgements as they are stored: by this program, and by those before and after it."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.documents.judgements import packed, unpacked, verdict_letters, verdicts_from
from domain.judgement import JudgedTest, Judgement, Note, Verdict
from domain.limits import Limits
from domain.run import Means

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
MEANS = st.builds(Means, toolchain=TEXTS, judge=TEXTS, wall_time_ms=st.integers(0, 10**9))
LIMITS = st.builds(Limits, time_ms=st.integers(50, 60_000), memory_kib=st.integers(1, 10**7))
TEST_BEFORE = {
    "ordinal": 1,
    "verdict": "runtime_error",
    "cpu_ms": 12,
    "wall_ms": 15,
    "memory_kib": 9000,
    "signal": 11,
    "output": "7\n",
    "message": "ended by signal 11",
}
BEFORE = {
    "number": 2,
    "challenge_version": 3,
    "verdict": "runtime_error",
    "score": "1.5",
    "max_score": "100",
    "cpu_ms": 12,
    "memory_kib": 9000,
    "compile_output": None,
    "tests": [TEST_BEFORE],
    "judged_at": "2026-01-01T12:00:00.123456Z",
    "fault": None,
}
"""A judgement of a release that recorded neither limits nor means."""
READ = Judgement(
    number=2,
    challenge_version=3,
    verdict=Verdict.RUNTIME_ERROR,
    score=Fraction(3, 2),
    max_score=Fraction(100),
    cpu_ms=12,
    memory_kib=9000,
    compile_output=None,
    tests=(
        JudgedTest(
            ordinal=1,
            verdict=Verdict.RUNTIME_ERROR,
            cpu_ms=12,
            wall_ms=15,
            memory_kib=9000,
            signal=11,
            output="7\n",
            message="ended by signal 11",
        ),
    ),
    judged_at=datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC),
)


def test_a_judgement_from_before_conditions_were_recorded_is_read() -> None:
    assert unpacked(zlib.compress(json.dumps(BEFORE).encode())) == READ


@given(st.none() | LIMITS, st.none() | MEANS)
def test_what_it_was_judged_under_comes_back(limits: Limits | None, means: Means | None) -> None:
    judgement = replace(READ, limits=limits, means=means)

    assert unpacked(packed(judgement)) == judgement


def test_what_a_later_release_adds_is_passed_over() -> None:
    later = {**BEFORE, "tests": [{**TEST_BEFORE, "mood": "good"}], "weather": {"sky": "grey"}}

    assert unpacked(zlib.compress(json.dumps(later).encode())) == READ


def test_what_is_not_a_judgement_is_not_read_as_one() -> None:
    with pytest.raises(msgspec.ValidationError):
        unpacked(zlib.compress(json.dumps({**BEFORE, "verdict": "splendid"}).encode()))


@given(st.lists(st.sampled_from(Verdict), max_size=20))
def test_letters_tell_the_verdict_of_every_test(verdicts: list[Verdict]) -> None:
    tests = [JudgedTest(ordinal=n, verdict=verdict) for n, verdict in enumerate(verdicts, 1)]

    assert verdicts_from(verdict_letters(tuple(reversed(tests)))) == tuple(verdicts)


@pytest.mark.parametrize("share", [Fraction(9_999_999, 10**7), Fraction(1, 3), Fraction(1, 10**40)])
def test_a_share_is_exact(share: Fraction) -> None:
    test = JudgedTest(
        ordinal=1, verdict=Verdict.PARTIALLY_ACCEPTED, score=share, note=Note(share=share)
    )
    (read,) = unpacked(packed(replace(READ, tests=(test,)))).tests
    assert read.note == test.note
    assert read.score == round(share, 6)


def test_a_share_of_6_places_is_read() -> None:
    note = {"share": "0.333333", "judge_message": "a third"}
    document = BEFORE | {"tests": [TEST_BEFORE | {"note": note}]}
    (read,) = unpacked(zlib.compress(json.dumps(document).encode())).tests
    assert read.note == Note(share=Fraction(333_333, 10**6), judge_message="a third")
