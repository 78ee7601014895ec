"""Staff pause a rejudge set, let it go on, give it up, discard what came out, or apply it."""

from dataclasses import dataclass
from enum import StrEnum

from application import rejudging
from application.ports.clock import Clock
from application.ports.rejudge_sets import SetChange
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from domain.errors import RejudgeSetNotFound, WrongSetState
from domain.ids import RejudgeSetId
from domain.rejudging import SetState


class Decision(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DISCARD = "discard"
    APPLY = "apply"


_STEPS = {
    Decision.PAUSE: ((SetState.RUNNING,), SetState.PAUSED),
    Decision.RESUME: ((SetState.PAUSED,), SetState.RUNNING),
    Decision.CANCEL: ((SetState.RUNNING, SetState.PAUSED), SetState.CANCELLED),
    Decision.DISCARD: ((SetState.READY,), SetState.DISCARDED),
    Decision.APPLY: ((SetState.READY,), SetState.APPLYING),
}
"""In which states each can be decided, and what follows."""
_DONE = {Decision.APPLY: (SetState.APPLYING, SetState.APPLIED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRejudgeSet:
    storage: Storage
    submissions: SubmissionRepository
    clock: Clock

    async def __call__(self, set_id: RejudgeSetId, decision: Decision) -> None:
        """Take the decision: the change of the set's state is the one step in which it is taken.

        A repeat changes nothing. What follows from it (applied outcomes, judgements withdrawn) is
        done before this returns, or, after a crash, by whoever drives rejudge sets.

        Raises:
            RejudgeSetNotFound: there is none.
            WrongSetState: its state does not allow it.
        """
        allowed, to = _STEPS[decision]
        change = SetChange(allowed=allowed, to=to, at=self.clock.now())
        async with self.storage.begin() as unit:
            if not await unit.rejudge_sets.change(set_id, change):
                known = await unit.rejudge_sets.get(set_id)
                if known is None:
                    raise RejudgeSetNotFound(set_id)
                if known.state not in _DONE.get(decision, (to,)):
                    raise WrongSetState(state=known.state, allowed=" or ".join(allowed))
        if decision is Decision.APPLY:
            await rejudging.complete(self.storage, self.submissions, self.clock, set_id)
        if decision is Decision.CANCEL:
            await rejudging.withdraw(self.storage, self.submissions, set_id)
