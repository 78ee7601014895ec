import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checking import Comparison
from domain.judgement import JudgedTest, Judgement, Verdict
from domain.judging import (
    TestScoring,
    is_decided,
    judge_error,
    judged_test,
    judgement_of,
    skipped_test,
    verdict_of,
    verdict_of_all,
)
from domain.limits import Limits
from domain.run import Compilation, Excess, Means, Run
from domain.scoring import GroupRule, Scoring, ScoringKind, TestGroup
from domain.stored_output import (
    MAX_JUDGEMENT_BYTES,
    MAX_STORED_OUTPUT_BYTES,
    stored_text,
    within_budget,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AC, WA = Verdict.ACCEPTED, Verdict.WRONG_ANSWER
TLE, MLE = Verdict.TIME_LIMIT_EXCEEDED, Verdict.MEMORY_LIMIT_EXCEEDED
OLE, RTE = Verdict.OUTPUT_LIMIT_EXCEEDED, Verdict.RUNTIME_ERROR
JE, SKIPPED = Verdict.JUDGE_ERROR, Verdict.SKIPPED
RIGHT = Comparison(accepted=True)
REFUSED = Comparison(accepted=False, message="token 1 differs")

ALL_OR_NOTHING = Scoring()
WEIGHTED = Scoring(kind=ScoringKind.WEIGHTED)
GROUPS = Scoring(
    kind=ScoringKind.GROUPS,
    groups=(
        TestGroup(name="a", points=30),
        TestGroup(name="b", points=70, rule=GroupRule.SUM, requires=("a",)),
    ),
)
LIMITS = Limits(time_ms=1_500, memory_kib=65_536)
MEANS = Means(toolchain="gcc 12.2.0", judge="sandbox 1", wall_time_ms=3_500)
COMPILED = Compilation(ok=True, means=MEANS)


def judged(*verdicts: Verdict) -> list[JudgedTest]:
    return [JudgedTest(ordinal=n, verdict=verdict) for n, verdict in enumerate(verdicts, 1)]


def judgement(
    tests: list[JudgedTest],
    *,
    scoring: Scoring = ALL_OR_NOTHING,
    scorings: list[TestScoring] | None = None,
    compilation: Compilation = COMPILED,
) -> Judgement:
    return judgement_of(
        number=1,
        challenge_version=3,
        limits=LIMITS,
        scoring=scoring,
        scorings=[TestScoring(weight=1) for _ in tests] if scorings is None else scorings,
        compilation=compilation,
        tests=tests,
        judged_at=NOW,
    )


# --- one test ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "comparison", "verdict"),
    [
        pytest.param(
            Run(ordinal=1, fault="no sandbox", excess=frozenset(Excess), exit_code=1),
            REFUSED,
            JE,
            id="a fault of the platform before all",
        ),
        pytest.param(
            Run(ordinal=1, signal=9, excess=frozenset(Excess)),
            REFUSED,
            TLE,
            id="time before memory",
        ),
        pytest.param(
            Run(ordinal=1, signal=9, excess=frozenset({Excess.WALL_TIME, Excess.MEMORY})),
            None,
            TLE,
            id="wall time is time",
        ),
        pytest.param(
            Run(ordinal=1, signal=9, excess=frozenset({Excess.MEMORY, Excess.OUTPUT})),
            REFUSED,
            MLE,
            id="memory before output",
        ),
        pytest.param(
            Run(ordinal=1, signal=25, excess=frozenset({Excess.OUTPUT})),
            REFUSED,
            OLE,
            id="output before runtime error",
        ),
        pytest.param(
            Run(ordinal=1, exit_code=0, excess=frozenset({Excess.CPU_TIME})),
            RIGHT,
            TLE,
            id="a limit before the checker",
        ),
        pytest.param(
            Run(ordinal=1, exit_code=1), REFUSED, RTE, id="runtime error before wrong answer"
        ),
        pytest.param(Run(ordinal=1, exit_code=1), RIGHT, RTE, id="right, but a bad exit code"),
        pytest.param(Run(ordinal=1, signal=11), RIGHT, RTE, id="right, but ended by a signal"),
        pytest.param(Run(ordinal=1, exit_code=0), REFUSED, WA, id="what the checker refuses"),
        pytest.param(Run(ordinal=1, exit_code=0), RIGHT, AC, id="what the checker accepts"),
        pytest.param(Run(ordinal=1, exit_code=0), None, AC, id="nothing to compare with"),
    ],
)
def test_the_first_thing_that_is_the_case_decides_a_test(
    run: Run, comparison: Comparison | None, verdict: Verdict
) -> None:
    assert verdict_of(run, comparison) is verdict
    assert judged_test(run, comparison).verdict is verdict


@pytest.mark.parametrize(
    ("run", "well"),
    [
        (Run(ordinal=1, exit_code=0), True),
        (Run(ordinal=1, exit_code=1), False),
        (Run(ordinal=1, signal=15), False),
        (Run(ordinal=1, exit_code=0, excess=frozenset({Excess.OUTPUT})), False),
        (Run(ordinal=1, exit_code=0, fault="lost"), False),
    ],
)
def test_the_checker_is_asked_only_where_a_run_ended_well(run: Run, *, well: bool) -> None:
    assert run.ended_well == well


@pytest.mark.parametrize(
    ("run", "comparison", "message"),
    [
        (Run(ordinal=1, exit_code=0), RIGHT, None),
        (Run(ordinal=1, exit_code=0), REFUSED, "token 1 differs"),
        (Run(ordinal=1, signal=11), None, "ended by signal 11 (SIGSEGV)"),
        (Run(ordinal=1, exit_code=3), None, "ended with exit code 3"),
        (Run(ordinal=1, signal=9, excess=frozenset({Excess.MEMORY})), None, None),
        (
            Run(ordinal=1, signal=9, excess=frozenset({Excess.WALL_TIME})),
            None,
            "did not end in time, though it used less CPU time than it may",
        ),
        (
            Run(ordinal=1, signal=9, excess=frozenset({Excess.WALL_TIME, Excess.CPU_TIME})),
            None,
            None,
        ),
        (Run(ordinal=1, exit_code=137, excess=frozenset({Excess.MEMORY})), None, None),
        (Run(ordinal=1, fault="disk full on node 7"), None, None),
    ],
)
def test_a_message_says_why_a_test_was_refused(
    run: Run, comparison: Comparison | None, message: str | None
) -> None:
    assert judged_test(run, comparison).message == message


def test_a_judged_test_keeps_what_the_sandbox_measured() -> None:
    run = Run(
        ordinal=7,
        signal=11,
        cpu_ms=12,
        wall_ms=34,
        memory_kib=5_000,
        stdout=b"out\xff",
        stderr=b"err\0",
        fault="staff may read this",
    )

    assert judged_test(run, None) == JudgedTest(
        ordinal=7,
        verdict=JE,
        cpu_ms=12,
        wall_ms=34,
        memory_kib=5_000,
        signal=11,
        output="out\ufffd",
        stderr="err\ufffd",
        message="ended by signal 11 (SIGSEGV)",
        fault="staff may read this",
    )


@pytest.mark.parametrize(
    ("stdout", "truncated"),
    [
        (b"", False),
        (b"x" * MAX_STORED_OUTPUT_BYTES, False),
        (b"x" * (MAX_STORED_OUTPUT_BYTES + 1), True),
        pytest.param(b"\xff" * 30_000, True, id="longer as text than as bytes"),
        pytest.param(b"\0" * 21_846, True, id="as are NULs"),
        pytest.param(b"\xff" * 21_845, False, id="just fits"),
    ],
)
def test_output_that_is_not_stored_whole_is_marked(stdout: bytes, *, truncated: bool) -> None:
    test = judged_test(Run(ordinal=1, exit_code=0, stdout=stdout), RIGHT)

    assert test.output_truncated == truncated


# --- stored text -------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=5), st.integers(0, 2 * MAX_STORED_OUTPUT_BYTES), st.binary())
def test_stored_text_is_short_and_can_be_written(piece: bytes, times: int, rest: bytes) -> None:
    text = stored_text(rest + piece * times)

    assert len(text.encode()) <= MAX_STORED_OUTPUT_BYTES
    assert "\0" not in text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100))
def test_short_text_is_stored_as_it_is(text: str) -> None:
    assert stored_text(text.encode()) == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5))
def test_long_text_is_cut_between_two_characters(piece: str) -> None:
    text = piece * MAX_STORED_OUTPUT_BYTES

    stored = stored_text(text.encode())

    assert text.startswith(stored)
    assert len(stored.encode()) > MAX_STORED_OUTPUT_BYTES - 4


def test_a_character_that_the_program_left_half_written_is_replaced() -> None:
    assert stored_text(b"a\xe2\x82") == "a\ufffd"


# --- all tests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([AC, AC], AC),
        ([AC, WA, TLE], WA),
        ([AC, TLE, WA], TLE),
        ([RTE, AC, OLE], RTE),
        ([MLE, WA], MLE),
        ([AC, OLE, SKIPPED], OLE),
        ([SKIPPED, WA], WA),
        pytest.param([WA, TLE, JE], JE, id="a judge error wherever it is"),
        pytest.param([JE, AC], JE, id="a judge error among accepted ones"),
    ],
)
def test_the_first_test_that_was_not_accepted_decides_the_whole(
    verdicts: list[Verdict], whole: Verdict
) -> None:
    assert verdict_of_all(judged(*verdicts)) is whole


RUN_VERDICTS = [AC, WA, TLE, MLE, OLE, RTE]
"""What a test that the platform could run may come to."""

scorings = st.sampled_from([ALL_OR_NOTHING, WEIGHTED, GROUPS])
program_verdicts = st.lists(st.sampled_from([AC, AC, *RUN_VERDICTS]), min_size=1, max_size=6)
any_verdicts = st.lists(st.sampled_from([AC, AC, *RUN_VERDICTS, JE]), min_size=1, max_size=6)


@st.composite
def scorings_of(draw: st.DrawFn, count: int, least_weight: int = 0) -> list[TestScoring]:
    one = st.builds(
        TestScoring, weight=st.integers(least_weight, 3), group=st.sampled_from(["a", "b"])
    )
    return draw(st.lists(one, min_size=count, max_size=count))


@given(any_verdicts, scorings, st.data(), st.randoms())
def test_the_order_in_which_tests_finish_does_not_matter(
    verdicts: list[Verdict], scoring: Scoring, data: st.DataObject, random: Random
) -> None:
    known = data.draw(scorings_of(len(verdicts)))
    shuffled = judged(*verdicts)
    random.shuffle(shuffled)

    in_disorder = judgement(shuffled, scoring=scoring, scorings=known)

    assert in_disorder == judgement(judged(*verdicts), scoring=scoring, scorings=known)
    assert [test.ordinal for test in in_disorder.tests] == list(range(1, len(verdicts) + 1))


@given(any_verdicts, scorings, st.data())
def test_the_score_of_a_judgement_is_between_nothing_and_full_marks(
    verdicts: list[Verdict], scoring: Scoring, data: st.DataObject
) -> None:
    known = data.draw(scorings_of(len(verdicts)))

    whole = judgement(judged(*verdicts), scoring=scoring, scorings=known)

    assert 0 <= whole.score <= whole.max_score


@given(any_verdicts, scorings, st.data())
def test_an_accepted_program_has_full_marks_and_only_it_where_every_weight_counts(
    verdicts: list[Verdict], scoring: Scoring, data: st.DataObject
) -> None:
    known = data.draw(scorings_of(len(verdicts), least_weight=1))

    whole = judgement(judged(*verdicts), scoring=scoring, scorings=known)

    assert (whole.verdict is AC) == (whole.score == whole.max_score)


@given(any_verdicts, scorings, st.data(), st.integers(0, 6))
def test_an_accepted_program_has_full_marks_whatever_was_run(
    verdicts: list[Verdict], scoring: Scoring, data: st.DataObject, arrived: int
) -> None:
    known = data.draw(scorings_of(len(verdicts)))

    whole = judgement(judged(*verdicts)[:arrived], scoring=scoring, scorings=known)

    assert whole.verdict is not AC or whole.score == whole.max_score


@given(program_verdicts, scorings, st.data(), st.randoms())
def test_what_is_decided_is_never_contradicted_by_later_tests(
    verdicts: list[Verdict], scoring: Scoring, data: st.DataObject, random: Random
) -> None:
    known = data.draw(scorings_of(len(verdicts)))
    finished = judged(*verdicts)
    random.shuffle(finished)
    so_far = finished[: data.draw(st.integers(0, len(finished)))]

    early = judgement(so_far, scoring=scoring, scorings=known)
    late = judgement(finished, scoring=scoring, scorings=known)

    assert not is_decided(scoring, so_far) or (
        (early.verdict, early.score) == (late.verdict, late.score)
    )


@given(any_verdicts, any_verdicts, scorings, st.data())
def test_nothing_that_follows_a_judge_error_changes_it(
    before: list[Verdict], after: list[Verdict], scoring: Scoring, data: st.DataObject
) -> None:
    finished = judged(*before, JE, *after)
    known = data.draw(scorings_of(len(finished)))

    whole = judgement(finished, scoring=scoring, scorings=known)

    assert is_decided(scoring, finished[: len(before) + 1])
    assert (whole.verdict, whole.score) == (JE, Fraction(0))


@pytest.mark.parametrize(
    ("scoring", "tests", "decided"),
    [
        pytest.param(ALL_OR_NOTHING, [], False, id="nothing is there yet"),
        pytest.param(ALL_OR_NOTHING, judged(AC, AC), False, id="the next may fail"),
        pytest.param(ALL_OR_NOTHING, judged(AC, WA), True, id="the first failure decides"),
        pytest.param(ALL_OR_NOTHING, judged(AC, WA)[::-1], True, id="in any order"),
        pytest.param(ALL_OR_NOTHING, judged(WA, TLE)[1:], False, id="an earlier one is missing"),
        pytest.param(ALL_OR_NOTHING, judged(AC, TLE, WA)[1:], False, id="before two failures too"),
        pytest.param(ALL_OR_NOTHING, judged(WA, AC, TLE)[::2], True, id="later ones are no matter"),
        pytest.param(ALL_OR_NOTHING, judged(AC, SKIPPED), False, id="skipped is not failed"),
        pytest.param(WEIGHTED, judged(WA), False, id="weighted: later tests score"),
        pytest.param(GROUPS, judged(WA), False, id="groups: later tests score"),
        pytest.param(WEIGHTED, judged(AC, JE), True, id="a judge error decides everywhere"),
        pytest.param(GROUPS, judged(AC, JE)[1:], True, id="wherever it is"),
    ],
)
def test_judging_may_end_early_only_when_all_is_decided(
    scoring: Scoring, tests: list[JudgedTest], *, decided: bool
) -> None:
    assert is_decided(scoring, tests) == decided


# --- a judgement -------------------------------------------------------------------------------


def test_a_judgement_sums_up_its_tests() -> None:
    tests = [
        JudgedTest(ordinal=2, verdict=WA, cpu_ms=50, memory_kib=900),
        JudgedTest(ordinal=1, verdict=AC, cpu_ms=20, memory_kib=1_000),
    ]

    whole = judgement(
        tests, scoring=WEIGHTED, scorings=[TestScoring(weight=3), TestScoring(weight=4)]
    )

    assert whole == Judgement(
        number=1,
        challenge_version=3,
        verdict=WA,
        score=Fraction(3),
        max_score=Fraction(7),
        cpu_ms=50,
        memory_kib=1_000,
        compile_output=None,
        tests=(
            replace(tests[1], score=Fraction(3), max_score=Fraction(3)),
            replace(tests[0], score=Fraction(0), max_score=Fraction(4)),
        ),
        judged_at=NOW,
        limits=LIMITS,
        means=MEANS,
    )


def test_a_group_scores_by_the_tests_in_it() -> None:
    known = [TestScoring(weight=1, group="a"), TestScoring(weight=3, group="b")]

    whole = judgement(judged(AC, AC, WA), scoring=GROUPS, scorings=[*known, TestScoring(group="b")])

    assert whole.score == whole.max_score == 100
    assert whole.verdict is WA


def test_a_program_that_does_not_compile_has_nothing_and_its_tests_are_skipped() -> None:
    refusal = Compilation(ok=False, output="main.c:1: error\n")

    whole = judgement([], scorings=[TestScoring(weight=1)] * 2, compilation=refusal)

    assert whole.verdict is Verdict.COMPILE_ERROR
    assert whole.score == 0
    assert whole.max_score == 100
    assert (whole.cpu_ms, whole.memory_kib) == (None, None)
    assert whole.compile_output == "main.c:1: error\n"
    assert whole.tests == (skipped_test(1), skipped_test(2))


def test_a_skipped_test_scores_nothing_of_its_weight() -> None:
    known = [TestScoring(weight=2)]

    whole = judgement([], scoring=WEIGHTED, scorings=known, compilation=Compilation(ok=False))

    assert whole.tests == (replace(skipped_test(1), max_score=Fraction(2)),)


@pytest.mark.parametrize("verdict", [AC, WA, JE])
def test_a_compile_error_comes_before_whatever_a_test_says(verdict: Verdict) -> None:
    whole = judgement(judged(verdict), compilation=Compilation(ok=False))

    assert whole.verdict is Verdict.COMPILE_ERROR
    assert whole.score == 0


def test_a_compile_step_that_the_platform_broke_is_a_judge_error() -> None:
    broken = Compilation(ok=False, fault="the compiler was killed")

    whole = judgement([], scorings=[TestScoring(weight=1)], compilation=broken)

    assert (whole.verdict, whole.fault) == (JE, "the compiler was killed")


def test_a_judge_error_tells_staff_of_the_first_fault_and_scores_nothing() -> None:
    tests = [
        JudgedTest(ordinal=1, verdict=AC),
        JudgedTest(ordinal=2, verdict=JE, fault="no memory for the sandbox"),
        JudgedTest(ordinal=3, verdict=JE, fault="again"),
    ]

    whole = judgement(tests, scoring=WEIGHTED)

    assert whole.verdict is JE
    assert whole.score == 0
    assert whole.max_score == 3
    assert whole.fault == "no memory for the sandbox"


def test_tests_after_the_one_that_decided_are_skipped() -> None:
    whole = judgement(judged(AC, WA), scorings=[TestScoring(weight=1)] * 4)

    assert [test.verdict for test in whole.tests] == [AC, WA, SKIPPED, SKIPPED]
    assert whole.verdict is WA


@pytest.mark.parametrize("arrived", [[], judged(AC), judged(AC, AC)[1:]])
def test_a_judge_that_ended_early_without_a_reason_is_at_fault(arrived: list[JudgedTest]) -> None:
    whole = judgement(arrived, scorings=[TestScoring(weight=1)] * 2)

    assert whole.verdict is JE
    assert whole.score == 0
    assert whole.fault == "the judge ended before every test was run"


def test_a_compiler_may_say_whatever_it_likes() -> None:
    output = "warning: \ud800\0" + "ä" * MAX_STORED_OUTPUT_BYTES

    stored = judgement(judged(AC), compilation=Compilation(ok=True, output=output)).compile_output

    assert stored is not None
    assert stored.startswith("warning: ?\ufffdä")
    assert len(stored.encode()) <= MAX_STORED_OUTPUT_BYTES


def test_what_could_not_be_judged_counts_for_nothing() -> None:
    assert judge_error(number=2, challenge_version=None, fault="gone", judged_at=NOW) == Judgement(
        number=2,
        challenge_version=None,
        verdict=JE,
        score=Fraction(0),
        max_score=Fraction(0),
        cpu_ms=None,
        memory_kib=None,
        compile_output=None,
        tests=(),
        judged_at=NOW,
        fault="gone",
    )


# --- its size ----------------------------------------------------------------------------------


def largest(piece: str, count: int) -> Judgement:
    """Tests that print as much as is stored, and a compiler that does so too."""
    text = stored_text(piece.encode() * MAX_STORED_OUTPUT_BYTES)
    test = JudgedTest(
        ordinal=0,
        verdict=MLE,
        cpu_ms=66_000,
        wall_ms=120_000,
        memory_kib=4_194_304,
        exit_code=255,
        signal=255,
        output=text,
        output_truncated=True,
        stderr=text,
        message=piece * 250,
        fault=piece * 1_000,
    )
    return judgement(
        [replace(test, ordinal=n) for n in range(1, count + 1)],
        scoring=WEIGHTED,
        scorings=[TestScoring(weight=1_000_000)] * count,
        compilation=Compilation(ok=True, output=text),
    )


@pytest.mark.parametrize(
    ("piece", "count"),
    [
        pytest.param("x", 10_000, id="letters"),
        pytest.param("\x01", 10_000, id="control characters"),
        pytest.param('"', 10_000, id="quotes"),
        pytest.param("😀", 10_000, id="emoji"),
        pytest.param("\ufffd", 10_000, id="invalid"),
        pytest.param("\n", 100, id="line breaks"),
        pytest.param("\x7f", 100, id="DEL"),
        pytest.param("\\", 100, id="backslashes"),
        pytest.param("\u2028", 100, id="line separators"),
    ],
)
def test_a_judgement_with_the_largest_outputs_stays_small(piece: str, count: int) -> None:
    whole = largest(piece, count)

    data = msgspec.json.encode(whole, enc_hook=str)
    by_python = json.dumps(msgspec.json.decode(data), ensure_ascii=False).encode()

    assert len(data) <= MAX_JUDGEMENT_BYTES
    assert len(by_python) <= MAX_JUDGEMENT_BYTES
    assert (whole.tests[0].output, whole.tests[0].stderr) != (None, None)


def test_outputs_that_fit_are_kept_whole() -> None:
    tests = tuple(
        JudgedTest(ordinal=n, verdict=WA, output="x" * 20_000, stderr="y", message="z", fault="f")
        for n in range(1, 101)
    )

    assert within_budget(tests) == tests


def test_earlier_tests_keep_their_output_and_later_ones_say_that_it_is_cut() -> None:
    text = "x" * MAX_STORED_OUTPUT_BYTES
    tests = [
        JudgedTest(ordinal=n, verdict=WA, output=text, stderr=text, message="m", fault="f")
        for n in range(1, 101)
    ]

    kept = within_budget(tests)

    assert kept[:20] == tuple(tests[:20])
    assert kept[-1] == JudgedTest(ordinal=100, verdict=WA, output_truncated=True)


@pytest.mark.parametrize(
    "large",
    [
        JudgedTest(ordinal=1, verdict=WA, output="x" * MAX_STORED_OUTPUT_BYTES),
        JudgedTest(ordinal=1, verdict=WA, stderr="x" * MAX_STORED_OUTPUT_BYTES),
        JudgedTest(ordinal=1, verdict=WA, message="x" * MAX_STORED_OUTPUT_BYTES),
        JudgedTest(ordinal=1, verdict=WA, fault="x" * MAX_STORED_OUTPUT_BYTES),
    ],
    ids=["output", "stderr", "message", "fault"],
)
def test_every_text_of_a_test_counts(large: JudgedTest) -> None:
    kept = within_budget([large] * 100)

    assert kept[0] == large
    assert kept[-1] == JudgedTest(ordinal=1, verdict=WA, output_truncated=True)


def test_a_test_without_output_is_never_said_to_be_cut() -> None:
    large = JudgedTest(ordinal=1, verdict=AC, output="\x01" * MAX_STORED_OUTPUT_BYTES)
    tests = [*[replace(large, ordinal=n) for n in range(1, 21)], skipped_test(21)]

    kept = within_budget(tests)

    assert kept[19].output is None
    assert kept[20] == skipped_test(21)
