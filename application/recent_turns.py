"""Whose work a worker took lately: with few slots leases alone tell nobody apart."""

from collections import Counter, deque
from collections.abc import Mapping

from application.ports.submissions import Claim
from domain.ids import UserId
from domain.submission import WorkClass

REMEMBERED_TURNS = 32


class RecentTurns:
    """The last turns, rejudgings apart, of which nobody waits for any."""

    def __init__(self) -> None:
        self._users: deque[UserId] = deque(maxlen=REMEMBERED_TURNS)

    def note(self, claim: Claim) -> None:
        if claim.submission.work_class is not WorkClass.REJUDGE:
            self._users.append(claim.submission.user_id)

    def counts(self) -> Mapping[UserId, int]:
        return Counter(self._users)
