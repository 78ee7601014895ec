from datetime import UTC, datetime

import pytest

from domain.ids import LanguageId, SubmissionId, UserId
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass


def submission(kind: SubmissionKind, *, judgement_number: int = 0) -> Submission:
    return Submission(
        id=SubmissionId("s1"),
        kind=kind,
        user_id=UserId("u1"),
        challenge_id=None,
        challenge_version=None,
        language=LanguageId("c"),
        ranked=False,
        submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        judgement_number=judgement_number,
    )


@pytest.mark.parametrize(
    ("kind", "judgement_number", "work_class"),
    [
        (SubmissionKind.SUBMISSION, 0, WorkClass.SUBMISSION),
        (SubmissionKind.SUBMISSION, 1, WorkClass.REJUDGE),
        (SubmissionKind.SUBMISSION, 7, WorkClass.REJUDGE),
        (SubmissionKind.RUN, 0, WorkClass.RUN),
        (SubmissionKind.RUN, 1, WorkClass.RUN),
    ],
)
def test_the_class_of_work_follows_from_what_it_is_and_whether_it_was_judged(
    kind: SubmissionKind, judgement_number: int, work_class: WorkClass
) -> None:
    assert submission(kind, judgement_number=judgement_number).work_class is work_class


def test_the_most_urgent_class_of_work_comes_first() -> None:
    assert tuple(WorkClass) == (WorkClass.SUBMISSION, WorkClass.RUN, WorkClass.REJUDGE)


def test_what_was_just_handed_in_waits_for_its_first_judgement() -> None:
    fresh = submission(SubmissionKind.SUBMISSION)

    assert fresh.status is SubmissionStatus.QUEUED
    assert (fresh.judgement_number, fresh.pending_number) == (0, 1)
    assert (fresh.verdict, fresh.score, fresh.judged_at) == (None, None, None)
