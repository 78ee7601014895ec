from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checker_program import CheckerProtocol
from domain.checker_report import MAX_MESSAGE_BYTES, Answer, CheckerReport, message_text, report_of
from domain.judgement import Verdict
from domain.judging import judged_test, verdict_of
from domain.run import Run
from domain.scoring import GroupRule, ScoredTest, Scoring, ScoringKind, TestGroup, marks, score

ICPC, TESTLIB = CheckerProtocol.ICPC, CheckerProtocol.TESTLIB


def said(exit_code: int, **files: str) -> CheckerReport:
    """`score="1"` is a file called score.txt."""
    named = {f"{name}.txt": text.encode() for name, text in files.items()}
    return report_of(ICPC, Answer(exit_code=exit_code, files=named))


@pytest.mark.parametrize("text", ["0", "1", ".5", "1.", "+0.25", "1e0", " 1\n", "0.0000001"])
def test_a_multiplier_is_one_decimal_number_from_0_to_1(text: str) -> None:
    assert said(42, score_multiplier=text).multiplier == Fraction(text.strip())


@pytest.mark.parametrize(
    "text", ["", "-0.1", "1.01", "nan", "inf", "1 1", "0x1", "1e999", "1" * 500, "\0"]
)
def test_anything_else_is_a_fault(text: str) -> None:
    report = said(42, score_multiplier=text)
    assert (report.accepted, report.multiplier) == (False, None)
    assert report.fault


@given(st.integers(0, 255), st.dictionaries(st.sampled_from(["score", "nextpass"]), st.text()))
def test_no_answer_is_an_accident(exit_code: int, files: dict[str, str]) -> None:
    report = said(exit_code, **{name: text.replace("\ud800", "") for name, text in files.items()})
    assert (report.fault is None) == (report.accepted or exit_code == 43)


@given(st.binary(max_size=3 * MAX_MESSAGE_BYTES))
def test_a_message_is_short_text(data: bytes) -> None:
    text = message_text(data)
    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    assert "\0" not in text


@pytest.mark.parametrize(
    ("stderr", "points"),
    [(b"points 3", 3), (b"points 0.5 half", Fraction(1, 2)), (b"points 3x", None), (b"3", None)],
)
def test_points_stand_at_the_beginning(stderr: bytes, points: Fraction | None) -> None:
    report = report_of(TESTLIB, Answer(exit_code=7, stderr=stderr, files={}))
    assert (report.score, report.fault is None) == (points, points is not None)


@pytest.mark.parametrize(
    ("report", "worth", "verdict", "share"),
    [
        (CheckerReport(accepted=True), 10, Verdict.ACCEPTED, 0),
        (CheckerReport(accepted=True, score=Fraction(10)), 10, Verdict.ACCEPTED, 0),
        (
            CheckerReport(accepted=True, score=Fraction(1)),
            3,
            Verdict.PARTIALLY_ACCEPTED,
            Fraction(1, 3),
        ),
        (CheckerReport(accepted=True, score=Fraction(4)), 3, Verdict.JUDGE_ERROR, 0),
        (CheckerReport(accepted=True, score=Fraction(4)), 0, Verdict.ACCEPTED, 0),
        (CheckerReport(accepted=True, multiplier=Fraction(0)), 3, Verdict.PARTIALLY_ACCEPTED, 0),
        (CheckerReport(accepted=False), 3, Verdict.WRONG_ANSWER, 0),
        (CheckerReport(fault="mine"), 3, Verdict.JUDGE_ERROR, 0),
    ],
)
def test_part_of_the_marks_is_not_accepted(
    report: CheckerReport, worth: int, verdict: Verdict, share: Fraction
) -> None:
    test = judged_test(Run(ordinal=1, exit_code=0, report=report), None, Fraction(worth))
    assert (test.verdict, test.note.share if test.note else 0) == (verdict, share)


def test_an_excused_fault_is_noted_for_staff() -> None:
    run = Run(ordinal=1, exit_code=1, report=CheckerReport(fault="mine", judge_message="note"))
    test = judged_test(run, None)
    assert verdict_of(run, None) is Verdict.RUNTIME_ERROR
    assert (test.note.judge_message if test.note else None, test.fault) == ("note\nmine", None)


def test_what_a_test_is_worth() -> None:
    def one(group: str | None, weight: int) -> ScoredTest:
        return ScoredTest(weight=weight, group=group, accepted=False, share=Fraction(1, 2))

    groups = (
        TestGroup(name="sum", points=30, rule=GroupRule.SUM),
        TestGroup(name="min", points=50, rule=GroupRule.MIN),
        TestGroup(name="all", points=20),
    )
    scoring = Scoring(kind=ScoringKind.GROUPS, groups=groups)
    tests = [one("sum", 1), one("sum", 2), one("min", 1), one("all", 1), one(None, 9)]
    assert list(map(int, marks(scoring, tests))) == [10, 20, 50, 20, 0]
    assert list(map(int, marks(Scoring(kind=ScoringKind.WEIGHTED), tests))) == [1, 2, 1, 1, 9]
    assert list(map(int, marks(Scoring(), tests))) == [100] * 5
    assert score(scoring, tests) == 15 + 25
