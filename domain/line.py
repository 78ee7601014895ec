"""Where in the line a piece of work stands, when users take turns."""

from collections import defaultdict
from collections.abc import Iterable

from domain.ids import SubmissionId, UserId


def place_in_line(
    mine: SubmissionId, owner: UserId, waiting: Iterable[tuple[SubmissionId, UserId]]
) -> int:
    """From 1, among what waits (`mine` may be in it or not).

    Everybody's first comes before anybody's second, and of the same turn the oldest first: what
    turns come to where everybody has had as many. What is being judged right now, and whom workers
    served of late, may move it by a few.
    """
    by_user: defaultdict[UserId, list[SubmissionId]] = defaultdict(list)
    for submission_id, user_id in waiting:
        if submission_id != mine:
            by_user[user_id].append(submission_id)
    turn = sum(other < mine for other in by_user.pop(owner, []))
    ahead = turn
    for others in by_user.values():
        others.sort()
        ahead += sum(other < mine for other in others[turn : turn + 1]) + len(others[:turn])
    return ahead + 1
