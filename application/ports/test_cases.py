"""The tests of challenges."""

from collections.abc import Collection, Sequence
from typing import Protocol

from domain.challenge import ChallengeVersion, TestCase
from domain.ids import BlobKey, TestCaseId


class TestCaseRepository(Protocol):
    """Test cases, immutable; which of them count is a matter of the version."""

    async def add(self, tests: Sequence[TestCase]) -> None:
        """Store new tests."""
        ...

    async def get(self, test_case_id: TestCaseId) -> TestCase | None:
        """One test, or None."""
        ...

    async def of_version(self, version: ChallengeVersion) -> Sequence[TestCase]:
        """The tests of a version, in judging order, inline data included."""
        ...

    async def referenced_blobs(self, keys: Collection[BlobKey]) -> frozenset[BlobKey]:
        """Those of the keys that some stored test refers to, whatever version it belongs to."""
        ...
