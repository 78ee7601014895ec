"""An operator has standings and statistics made anew from the outcomes."""

from dataclasses import dataclass

from application.ports.totals import TotalsRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildTotals:
    totals: TotalsRepository

    async def __call__(self) -> None:
        """Make everything anew; what is judged meanwhile is counted, too."""
        await self.totals.rebuild()
