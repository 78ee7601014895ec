"""Test cases, in a SQL database."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, insert, select

from adapters.sql.engine import Transaction, every_of, first
from adapters.sql.tables import test_cases
from application.ports.test_cases import TestCaseRepository
from domain.challenge import ChallengeVersion, TestCase, TestData
from domain.ids import BlobKey, TestCaseId

_columns = test_cases.c


class SqlTestCaseRepository(TestCaseRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, tests: Sequence[TestCase]) -> None:
        rows = [_row(test) for test in tests]
        if rows:
            await self._transaction.run(
                lambda connection: connection.execute(insert(test_cases), rows)
            )

    async def get(self, test_case_id: TestCaseId) -> TestCase | None:
        row = await first(self._transaction, select(test_cases).where(_columns.id == test_case_id))
        return None if row is None else _test_case(row)

    async def of_version(self, version: ChallengeVersion) -> Sequence[TestCase]:
        rows = await every_of(self._transaction, select(test_cases), _columns.id, version.test_ids)
        by_id = {row["id"]: _test_case(row) for row in rows}
        return [by_id[test_id] for test_id in version.test_ids]

    async def referenced_blobs(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        wanted = tuple(keys)
        found: set[BlobKey] = set()
        for column in (_columns.input_key, _columns.expected_key):
            referenced = select(column.label("key")).distinct()
            rows = await every_of(self._transaction, referenced, column, wanted)
            found.update(row["key"] for row in rows)
        return frozenset(found)


def _row(test: TestCase) -> dict[str, object]:
    return {
        "id": test.id,
        "challenge_id": test.challenge_id,
        "name": test.name,
        "visibility": test.visibility,
        "weight": test.weight,
        "group": test.group,
        "position": test.position,
        "since_version": test.since_version,
        "explanation": test.explanation,
        "input_key": test.input.key,
        "input_size_bytes": test.input.size_bytes,
        "input_inline": test.input.inline,
        "expected_key": test.expected_output.key,
        "expected_size_bytes": test.expected_output.size_bytes,
        "expected_inline": test.expected_output.inline,
    }


def _test_case(row: RowMapping) -> TestCase:
    return TestCase(
        id=row["id"],
        challenge_id=row["challenge_id"],
        name=row["name"],
        visibility=row["visibility"],
        input=TestData(
            key=row["input_key"], size_bytes=row["input_size_bytes"], inline=row["input_inline"]
        ),
        expected_output=TestData(
            key=row["expected_key"],
            size_bytes=row["expected_size_bytes"],
            inline=row["expected_inline"],
        ),
        weight=row["weight"],
        group=row["group"],
        explanation=row["explanation"],
        position=row["position"],
        since_version=row["since_version"],
    )
