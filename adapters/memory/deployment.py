"""Which deployment this storage belongs to."""

from adapters.memory.tables import Tables
from application.ports.deployment import DeploymentRepository


class MemoryDeploymentRepository(DeploymentRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def known(self) -> str | None:
        return self._tables.deployment

    async def settle(self, proposed: str) -> str:
        tables = self._tables.to_write
        tables.deployment = tables.deployment or proposed
        return tables.deployment
