"""Tests of a challenge, as staff upload and list them."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from domain.challenge import MAX_TESTS, Visibility
from entrypoints.http.schemas.challenges import GroupName, Weight
from entrypoints.http.schemas.common import Input, Line, Text, View


class UploadMode(StrEnum):
    """Whether the uploaded tests come in addition to those there are, or in their place."""

    APPEND = "append"
    REPLACE = "replace"


class TestCaseBody(Input, frozen=True, kw_only=True):
    """One test. `weight` left out: 0 for a public one, 1 for a hidden one."""

    name: Line | None = None
    visibility: Visibility = Visibility.HIDDEN
    input: str
    expected_output: str
    weight: Weight | None = None
    group: GroupName | None = None
    explanation: Text = ""


class TestCasesBody(Input, frozen=True, kw_only=True):
    """Tests to be uploaded, all or none."""

    mode: UploadMode = UploadMode.APPEND
    testcases: Annotated[list[TestCaseBody], msgspec.Meta(min_length=1, max_length=MAX_TESTS)]


class ArchiveForm(msgspec.Struct, frozen=True, kw_only=True):
    """A zip of `NAME.in` with `NAME.out` or `NAME.ans`; `sample/` is public, `secret/` hidden."""

    archive: Annotated[str, msgspec.Meta(extra_json_schema={"format": "binary"})]
    mode: UploadMode = UploadMode.APPEND
    visibility: Visibility = Visibility.HIDDEN


class DataView(View, frozen=True, kw_only=True):
    """One input or expected output: its size, its hash, and where it is kept."""

    size_bytes: int
    sha256: str
    stored: Literal["database", "blob_store"]


class TestCaseView(View, frozen=True, kw_only=True):
    """One test in the staff's list."""

    id: str
    name: str
    visibility: Visibility
    weight: int
    group: str | None
    explanation: str
    input: DataView
    expected_output: DataView
    since_version: int


class UploadView(View, frozen=True, kw_only=True):
    """The tests that were added, and the version that they made."""

    items: list[TestCaseView]
    version: int


class TestCasePage(View, frozen=True, kw_only=True):
    """Tests of the newest version, in judging order."""

    items: list[TestCaseView]
    next_cursor: str | None
    version: int
    total: int
