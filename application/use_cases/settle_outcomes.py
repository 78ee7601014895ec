"""What was judged and is not in standings and statistics yet is added: a worker died in between."""

from dataclasses import dataclass

from application.ports.totals import TotalsRepository

BATCH = 100
"""Outcomes settled in one step, so that nobody waits long for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleOutcomes:
    totals: TotalsRepository

    async def __call__(self) -> int:
        """Settle all that is left; how many. Safe to repeat, and in several processes at once."""
        settled = 0
        while more := await self.totals.settle(BATCH):
            settled += more
        return settled
