"""What clients ask in the query and the path."""

import re
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

import msgspec

from domain.errors import NotFound
from entrypoints.http.cursors import listing_name, read_cursor, write_cursor
from entrypoints.http.problems import HttpRequest, malformed

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
_MAX_FIELDS = 50
_MAX_ECHOED = 200
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")

Identifier = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z_-]{1,64}$", max_length=64)]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\u0000]*$", max_length=200)]

Q = TypeVar("Q", bound=msgspec.Struct)


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a list."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=MAX_LIMIT, description="How many items at most.")
    ] = DEFAULT_LIMIT
    cursor: (
        Annotated[str, msgspec.Meta(description="The `next_cursor` of the page before.")]
        | msgspec.UnsetType
    ) = msgspec.UNSET


def query_of(request: HttpRequest, type_: type[Q]) -> Q:
    """The query as a value of that type; what it does not know is ignored.

    Raises:
        Refused: 400, a parameter is there twice or does not fit.
    """
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise malformed("The query cannot be read.") from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise malformed("A query parameter is there twice.")
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        raise malformed(f"The query does not fit: {str(error)[:_MAX_ECHOED]}.") from None


def identifier(text: str) -> str:
    """The text, if it may be an id at all.

    Raises:
        NotFound: there can be nothing of that name.
    """
    if not _IDENTIFIER.fullmatch(text):
        raise NotFound("There is nothing of that name.")
    return text


class Paging:
    """The pages of one list, as one request narrows it."""

    def __init__(self, request: HttpRequest, query: PageQuery, key: bytes) -> None:
        filters = {
            name: value
            for name, value in msgspec.to_builtins(query).items()
            if name not in {"limit", "cursor"}
        }
        self._listing = listing_name(request.scope["path"], sorted(filters.items()))
        self._key = key
        self.limit = query.limit
        self._cursor = query.cursor

    @property
    def position(self) -> str | None:
        """Where the page begins: after this.

        Raises:
            Refused: 400, the cursor is forged or of another list.
        """
        if self._cursor is msgspec.UNSET:
            return None
        return read_cursor(self._key, self._listing, str(self._cursor))

    @property
    def offset(self) -> int:
        """The same, of a list that counts its lines."""
        return int(self.position or 0)

    def next_cursor(self, count: int, last: str) -> str | None:
        """The cursor behind `last`, unless this was the last page: `count` is over the limit."""
        if count <= self.limit:
            return None
        return write_cursor(self._key, self._listing, last)
