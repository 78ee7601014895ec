"""Staff read the input or the expected output of a test."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum

from application import reading
from application.ports.blob_store import BlobStore
from application.ports.storage import Storage
from domain.challenge import TestData
from domain.errors import TestCaseNotFound
from domain.ids import TestCaseId


class Part(StrEnum):
    """Which of the two."""

    INPUT = "input"
    EXPECTED_OUTPUT = "expected_output"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTestData:
    storage: Storage
    blobs: BlobStore

    async def __call__(
        self, test_case_id: TestCaseId, part: Part
    ) -> tuple[TestData, AsyncGenerator[bytes]]:
        """What it is, and its bytes, piece by piece.

        Raises:
            TestCaseNotFound: there is no such test.
        """
        async with self.storage.read() as unit:
            test = await unit.test_cases.get(test_case_id)
        if test is None:
            raise TestCaseNotFound(test_case_id)
        data = test.input if part is Part.INPUT else test.expected_output
        return data, reading.pieces(self.blobs, data)
