"""Documents of older programs, read as if they had been written by this one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from adapters.mongo.client import Document

SCHEMA = 1
"""The shape in which documents are written; each says its own in `schema`."""
_LIFTS: Mapping[int, Callable[[Document], Document]] = MappingProxyType({})
"""From a shape to the next one. A lift sees documents without what a reader left out."""


class DocumentTooNew(Exception):
    """The document was written by a later version of the program."""


def lifted(
    document: Mapping[str, Any],
    *,
    lifts: Mapping[int, Callable[[Document], Document]] = _LIFTS,
    schema: int = SCHEMA,
) -> Document:
    """The document in the newest shape; what is stored stays as it is.

    Raises:
        DocumentTooNew: its shape is newer than what this program knows.
    """
    current = dict(document)
    while current["schema"] < schema:
        shape = current["schema"]
        current = {**lifts[shape](current), "schema": shape + 1}
    if current["schema"] > schema:
        raise DocumentTooNew(f"schema {current['schema']}, known up to {schema}")
    return current
