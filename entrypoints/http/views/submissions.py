"""Submissions and runs: to candidates what `domain.feedback` lets them know, to staff all."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from application.use_cases.get_submission import SubmissionDetails
from application.use_cases.get_wait import Wait
from domain.challenge import Feedback, TestCase, Visibility
from domain.feedback import (
    Audience,
    shown_memory_kib,
    shown_test,
    shown_tests,
    shown_time_ms,
)
from domain.judgement import JudgedTest, Judgement
from domain.program import Program
from domain.signals import signal_name
from domain.submission import Submission, SubmissionKind
from entrypoints.http.responses import in_utc, number, number_or_none
from entrypoints.http.schemas.submissions import (
    AdminSubmissionItem,
    AdminSubmissionView,
    AdminTestView,
    ConditionsView,
    FileView,
    Number,
    RunView,
    SubmissionItem,
    SubmissionView,
    TestView,
)


def submission_item(submission: Submission, feedback: Feedback) -> SubmissionItem:
    """A candidate's own submission in a list, with the figures that the policy lets them know."""
    return SubmissionItem(
        id=submission.id,
        challenge_id=submission.challenge_id,
        challenge_version=submission.challenge_version,
        language=submission.language,
        status=submission.status,
        verdict=submission.verdict,
        score=number_or_none(submission.score),
        max_score=number_or_none(submission.max_score),
        time_ms=shown_time_ms(feedback, submission.cpu_ms),
        memory_kib=shown_memory_kib(feedback, submission.memory_kib),
        submitted_at=in_utc(submission.submitted_at),
        judged_at=in_utc(submission.judged_at) if submission.judged_at else None,
    )


def submission_view(details: SubmissionDetails, wait: Wait | None = None) -> SubmissionView:
    """A candidate's own submission, whole as far as they may know it."""
    item = submission_item(details.submission, details.feedback)
    judgement = details.judgement
    shown = shown_tests(audience_of(details), judgement.tests) if judgement else ()
    return SubmissionView(
        **_fields(item),
        **_program(details.handed_in.program),
        compile_output=judgement.compile_output if judgement else None,
        tests=[_test_view(test, details.tests) for test in shown],
        **_waiting(wait),
    )


def run_view(details: SubmissionDetails, wait: Wait | None = None) -> RunView:
    """A practice run: it only ever saw samples, or the candidate's own input."""
    run, judgement = details.submission, details.judgement
    tests = judgement.tests if judgement else ()
    on_own_input = details.handed_in.stdin is not None
    only = tests[0] if on_own_input and tests else None
    audience = Audience(feedback=Feedback.FULL, public=[test.ordinal for test in tests])
    return RunView(
        id=run.id,
        challenge_id=run.challenge_id,
        challenge_version=run.challenge_version,
        language=run.language,
        status=run.status,
        verdict=run.verdict,
        time_ms=run.cpu_ms,
        memory_kib=run.memory_kib,
        submitted_at=in_utc(run.submitted_at),
        judged_at=in_utc(run.judged_at) if run.judged_at else None,
        expires_at=in_utc(run.expires_at) if run.expires_at else None,
        **_program(details.handed_in.program),
        compile_output=judgement.compile_output if judgement else None,
        tests=[_public_view(test) for test in shown_tests(audience, tests)],
        **_waiting(wait),
        stdout=only.output if only else None,
        stderr=only.stderr if only else None,
        exit_code=only.exit_code if only else None,
        signal=only.signal if only else None,
        signal_name=_name(only.signal) if only else None,
    )


def audience_of(details: SubmissionDetails) -> Audience:
    """The candidate whose submission it is, as the reader of its judgement."""
    public = [n for n, test in details.tests.items() if test.visibility is Visibility.PUBLIC]
    return Audience(feedback=details.feedback, public=public)


def shown_test_view(details: SubmissionDetails, test: JudgedTest) -> TestView | None:
    """What the candidate may know of a test that has just finished, or None."""
    if details.submission.kind is SubmissionKind.RUN:
        audience = Audience(feedback=Feedback.FULL, public=[test.ordinal])
        shown = shown_test(audience, test)
        return _public_view(shown) if shown else None
    shown = shown_test(audience_of(details), test)
    return _test_view(shown, details.tests) if shown else None


def admin_submission_item(submission: Submission) -> AdminSubmissionItem:
    """A submission in the staff's list, its figures exact."""
    exact = {"time_ms": submission.cpu_ms, "memory_kib": submission.memory_kib}
    return AdminSubmissionItem(
        **{**_fields(submission_item(submission, Feedback.FULL)), **exact},
        user_id=submission.user_id,
        ranked=submission.ranked,
        judgement=submission.judgement_number,
        pending_judgement=submission.pending_number,
    )


def admin_submission_view(details: SubmissionDetails) -> AdminSubmissionView:
    """A submission with one of its judgements, whole; the figures are that judgement's."""
    fields = _fields(admin_submission_item(details.submission))
    judgement = details.judgement
    if judgement is not None:
        fields |= {
            "judgement": judgement.number,
            "challenge_version": judgement.challenge_version,
            "verdict": judgement.verdict,
            "score": number(judgement.score),
            "max_score": number(judgement.max_score),
            "time_ms": judgement.cpu_ms,
            "memory_kib": judgement.memory_kib,
            "judged_at": in_utc(judgement.judged_at),
        }
    return AdminSubmissionView(
        **fields,
        **_program(details.handed_in.program),
        compile_output=judgement.compile_output if judgement else None,
        fault=judgement.fault if judgement else None,
        judged_under=_conditions(judgement) if judgement else None,
        tests=[_admin_test_view(t, details.tests) for t in judgement.tests] if judgement else [],
    )


def _test_view(test: JudgedTest, tests: Mapping[int, TestCase]) -> TestView:
    known = tests.get(test.ordinal)
    return TestView(
        **_test_fields(test),
        visibility=known.visibility if known else Visibility.HIDDEN,
        group=known.group if known else None,
    )


def _public_view(test: JudgedTest) -> TestView:
    return TestView(**_test_fields(test), visibility=Visibility.PUBLIC, group=None)


def _admin_test_view(test: JudgedTest, tests: Mapping[int, TestCase]) -> AdminTestView:
    known = tests.get(test.ordinal)
    return AdminTestView(
        **_fields(_test_view(test, tests)),
        test_case_id=known.id if known else None,
        name=known.name if known else None,
        fault=test.fault,
        judge_message=(test.note.judge_message or None) if test.note else None,
        share=_score(test.note.share) if test.note and test.note.share else None,
    )


def _test_fields(test: JudgedTest) -> dict[str, Any]:
    return {
        "ordinal": test.ordinal,
        "verdict": test.verdict,
        "time_ms": test.cpu_ms,
        "wall_ms": test.wall_ms,
        "memory_kib": test.memory_kib,
        "score": _score(test.score),
        "max_score": _score(test.max_score),
        "output": test.output,
        "output_truncated": test.output_truncated,
        "stderr": test.stderr,
        "exit_code": test.exit_code,
        "signal": test.signal,
        "signal_name": _name(test.signal),
        "message": test.message,
    }


def _waiting(wait: Wait | None) -> dict[str, Any]:
    return {
        "queue_position": wait.position if wait else None,
        "estimated_wait_s": wait.seconds if wait else None,
    }


def _name(signal: int | None) -> str | None:
    return None if signal is None else signal_name(signal)


def _conditions(judgement: Judgement) -> ConditionsView | None:
    limits, means = judgement.limits, judgement.means
    if limits is None:
        return None
    return ConditionsView(
        time_ms=limits.time_ms,
        memory_kib=limits.memory_kib,
        output_kib=limits.output_kib,
        wall_time_ms=means.wall_time_ms if means else None,
        toolchain=means.toolchain if means else None,
        judge=means.judge if means else None,
    )


def _score(value: Fraction) -> Number:
    return number(value)


def _program(program: Program) -> dict[str, Any]:
    named = [FileView(name=f.name, content=f.content) for f in program.files if f.name]
    return {
        "source": program.source,
        "files": named or None,
        "entry_point": program.entry_point,
    }


def _fields(view: SubmissionItem | TestView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}
