"""Which deployment a database belongs to."""

from typing import Protocol


class DeploymentRepository(Protocol):
    """Which deployment of the program this database belongs to, told from all others."""

    async def known(self) -> str | None:
        """The id that was settled on, or None."""
        ...

    async def settle(self, proposed: str) -> str:
        """The id from now on: the proposed one, or the one that was settled on before."""
        ...
