"""Which deployment a SQL database belongs to."""

from sqlalchemy import insert, select

from adapters.sql.engine import Clash, Transaction, change, first
from adapters.sql.tables import deployment
from application.ports.deployment import DeploymentRepository

_THE_ONE = 1


class SqlDeploymentRepository(DeploymentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def known(self) -> str | None:
        row = await first(self._transaction, select(deployment.c.id))
        return None if row is None else str(row["id"])

    async def settle(self, proposed: str) -> str:
        settled = await self.known()
        if settled is not None:
            return settled
        row = {"only": _THE_ONE, "id": proposed}
        try:
            await change(self._transaction, insert(deployment).values(row))
        except Clash:  # another process was a moment earlier
            return await self.known() or proposed
        return proposed
