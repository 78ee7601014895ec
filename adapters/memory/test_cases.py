"""The tests of challenges in a dictionary."""

from collections.abc import Collection, Sequence

from adapters.memory.tables import Tables, refuse_known, refuse_unknown
from application.ports.test_cases import TestCaseRepository
from domain.challenge import ChallengeVersion, TestCase
from domain.ids import BlobKey, TestCaseId


class MemoryTestCaseRepository(TestCaseRepository):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, tests: Sequence[TestCase]) -> None:
        tables = self._tables.to_write
        for test in tests:
            refuse_known(test.id, tables.test_cases)
            refuse_unknown(test.challenge_id, tables.challenges)
            tables.test_cases[test.id] = test

    async def get(self, test_case_id: TestCaseId) -> TestCase | None:
        return self._tables.test_cases.get(test_case_id)

    async def of_version(self, version: ChallengeVersion) -> Sequence[TestCase]:
        return [self._tables.test_cases[test_id] for test_id in version.test_ids]

    async def referenced_blobs(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        tests = self._tables.test_cases.values()
        referenced = {data.key for test in tests for data in (test.input, test.expected_output)}
        return frozenset(referenced.intersection(keys))
