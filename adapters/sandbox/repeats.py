"""How often a submission's tests are measured once more, and when."""

from adapters.sandbox.outcome import Outcome
from domain.run import Excess

_MOST = 3
"""Of a submission's tests, for this server's own lateness; and as many for CPU time."""


class Repeats:
    """What is left of a submission's repeats, whichever of its tests and passes they go to."""

    def __init__(self) -> None:
        self._late = self._near = _MOST

    def may_for_lateness(self, *outcomes: Outcome) -> bool:
        """Take one where wall time ran out while this server was late."""
        if not self._late or not any(one.is_doubtful for one in outcomes):
            return False
        self._late -= 1
        return True

    def may_for_cpu_time(self, outcome: Outcome, kill_time_ms: int) -> bool:
        """Take one where CPU time is over its limit, but not so far that it was ended."""
        is_near = Excess.CPU_TIME in outcome.excess and outcome.cpu_ms < kill_time_ms
        if not self._near or not is_near:
            return False
        self._near -= 1
        return True
