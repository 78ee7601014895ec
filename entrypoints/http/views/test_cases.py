"""Tests, as staff list them."""

from domain.challenge import TestCase, TestData
from entrypoints.http.schemas.test_cases import DataView, TestCaseView


def test_case_view(test: TestCase) -> TestCaseView:
    """One test without its data."""
    return TestCaseView(
        id=test.id,
        name=test.name,
        visibility=test.visibility,
        weight=test.weight,
        group=test.group,
        explanation=test.explanation,
        input=_data(test.input),
        expected_output=_data(test.expected_output),
        since_version=test.since_version,
    )


def _data(data: TestData) -> DataView:
    return DataView(
        size_bytes=data.size_bytes,
        sha256=data.key,
        stored="blob_store" if data.inline is None else "database",
    )
