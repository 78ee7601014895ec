"""What the queue in this process promises beside its contract."""

import pytest

from adapters.in_process.task_queue import InProcessTaskQueue
from domain.submission import WorkClass

SUBMISSION, RUN, REJUDGE = WorkClass


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ([REJUDGE, RUN, SUBMISSION], [SUBMISSION, RUN, REJUDGE]),
        ([RUN, SUBMISSION, RUN, SUBMISSION], [SUBMISSION, SUBMISSION, RUN, RUN]),
        ([REJUDGE] * 9, [REJUDGE] * 4),
        ([REJUDGE] * 9 + [SUBMISSION], [SUBMISSION, REJUDGE, REJUDGE, REJUDGE]),
        ([SUBMISSION] * 9 + [REJUDGE], [SUBMISSION] * 4),
        ([REJUDGE, RUN] * 9 + [SUBMISSION] * 2, [SUBMISSION, SUBMISSION, RUN, RUN]),
    ],
)
async def test_the_most_urgent_are_kept_and_go_first(
    sent: list[WorkClass], taken: list[WorkClass]
) -> None:
    queue = InProcessTaskQueue(slots=2)
    for work_class in sent:
        await queue.judge_submission(work_class)
    assert [await queue.next() for _ in taken] == taken


async def test_what_was_taken_makes_room() -> None:
    queue = InProcessTaskQueue(slots=1)
    for _ in range(10):
        await queue.judge_submission(RUN)
        await queue.judge_submission(RUN)
        assert [await queue.next(), await queue.next()] == [RUN, RUN]
