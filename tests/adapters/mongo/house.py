"""What only tests do with documents: look at them raw, and at the plans of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database


@dataclass(frozen=True, slots=True)
class House:
    database: Database[dict[str, Any]]

    def submission(self, name: str = "s1") -> dict[str, Any]:
        found = self.database["submissions"].find_one({"_id": name})
        assert found is not None
        return found

    def count_judgements(self) -> int:
        return self.database["judgements"].count_documents({})

    def index_of_find(
        self, wanted: Mapping[str, Any], *, hint: str | None = None, order: int = 1
    ) -> str | None:
        command = {"find": "submissions", "filter": wanted, "sort": {"_id": order}, "limit": 1}
        return self._index(command | ({} if hint is None else {"hint": hint}))

    def index_of_aggregation(
        self, pipeline: Sequence[Mapping[str, Any]], *, hint: str | None = None
    ) -> str | None:
        command = {"aggregate": "submissions", "pipeline": list(pipeline), "cursor": {}}
        return self._index(command | ({} if hint is None else {"hint": hint}))

    def _index(self, command: Mapping[str, Any]) -> str | None:
        plan = self.database.command("explain", command, verbosity="queryPlanner")
        return next(_indexes(plan), None)


def _indexes(plan: object) -> Any:
    """The names of the indexes anywhere in a plan."""
    if isinstance(plan, Mapping):
        if "indexName" in plan:
            yield plan["indexName"]
        for part in plan.values():
            yield from _indexes(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _indexes(part)
