"""Bodies as they come in: nothing is made of what no route asks for, however much it is."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from domain.ticket import ASK_TEXTS, Ask

MAX_BODY_BYTES = 64 << 20
MAX_FIELDS = 1_000
NO_SCALAR: tuple[()] = ()
"""Stands for a list or an object where neither has a meaning."""
_MOST_ITEMS = 2_000
_LONGEST_NUMBER = 64
_LARGE = 1 << 22
_MOST_BETWEEN = 4 << 20
_MOST_STRINGS = 200_000
_MOST_ESCAPES = 4_000_000
_PIECE = 1 << 16
_LONG = 1 << 16
_QUOTE, _ESCAPE = ord('"'), ord("\\")
_OF_A_SUBMISSION = (
    *(name for name in Ask.__dataclass_fields__ if name not in {"language", "file_name"}),
    "enable_network",
    "enable_per_process_and_thread_time_limit",
    "enable_per_process_and_thread_memory_limit",
)
_OF_A_REQUEST = (
    *("submissions", "base64_encoded", "wait", "fields", "tokens", "page", "per_page"),
    *("X-Auth-Token", "X-Auth-User"),
)

Values = dict[str, object]


class TooDense(ValueError):
    """So many small things that reading them would hold up everyone else."""


class JsonBody:
    """Reads what routes ask for, and of a batch as many items as can be taken, and one more."""

    def __init__(self, *, most_items: int) -> None:
        items = min(most_items, _MOST_ITEMS) + 1
        self._whole = _record((*_OF_A_SUBMISSION, *_OF_A_REQUEST))
        self._item = _record(_OF_A_SUBMISSION)
        names = [f"item_{number}" for number in range(items)]
        self._items = _record(tuple(names), as_array=True)

    def __call__(self, body: bytes) -> Values:
        """Raises ValueError for what is no JSON."""
        _check_density(body)
        if body.lstrip()[:1] != b"{":
            msgspec.json.decode(body, type=msgspec.Raw)
            return {}
        values = _read(body, self._whole, _scalar)
        batch = values.get("submissions")
        if isinstance(batch, msgspec.Raw):
            items = _read(batch, self._items, lambda _, raw: self._submission(raw))
            values["submissions"] = list(items.values())
        return values

    def _submission(self, raw: msgspec.Raw) -> Values:
        """What is no object says nothing."""
        return _read(raw, self._item, _scalar) if _first(raw) == b"{" else {}


def form_values(body: bytes) -> Values:
    """Raises ValueError for too many fields. Long texts are looked at a piece at a time."""
    if body.count(b"%") > _MOST_ESCAPES:
        raise TooDense
    if body.count(b"&") >= MAX_FIELDS:
        raise ValueError("too many fields")
    values: Values = {}
    for field in filter(None, body.split(b"&")):
        name, _, value = field.partition(b"=")
        decoded = _unquoted(value)
        key = _unquoted(name[:_LONG]).decode("utf-8", "replace")
        is_long = key in ASK_TEXTS and len(decoded) > _LONG
        values[key] = decoded if is_long else decoded.decode("utf-8", "replace")
    return values


def query_values(query: bytes) -> Values:
    """Raises ValueError for too many fields."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    return dict(pairs)


def _record(names: tuple[str, ...], *, as_array: bool = False) -> type[msgspec.Struct]:
    """One field for each name, each of them read only when it is looked at."""
    fields = [(f"f{n}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for n in range(len(names))]
    rename = {f"f{n}": name for n, name in enumerate(names)}
    return msgspec.defstruct("Record", fields, rename=rename, array_like=as_array)


def _read(
    body: bytes | msgspec.Raw,
    record: type[msgspec.Struct],
    value_of: Callable[[str, msgspec.Raw], object],
) -> dict[str, Any]:
    read = msgspec.json.decode(body, type=record)
    found = (
        (name, getattr(read, field))
        for field, name in zip(
            record.__struct_fields__, record.__struct_encode_fields__, strict=True
        )
    )
    return {name: value_of(name, raw) for name, raw in found if raw is not msgspec.UNSET}


def _scalar(name: str, raw: msgspec.Raw) -> object:
    first = _first(raw)
    if name == "submissions":
        return raw if first == b"[" else None
    if first in {b"[", b"{"}:
        return NO_SCALAR
    if first == b'"':
        return _string(name, raw)
    return msgspec.json.decode(raw) if len(memoryview(raw)) <= _LONGEST_NUMBER else "no number"


def _first(raw: msgspec.Raw) -> bytes:
    return memoryview(raw)[:1].tobytes()


def _string(name: str, raw: msgspec.Raw) -> str | bytes:
    if name in ASK_TEXTS and len(memoryview(raw)) > _LONG:
        inside = bytes(raw)[1:-1]
        if b"\\" not in inside:
            return inside
    return msgspec.json.decode(raw, type=str)


def _check_density(body: bytes) -> None:
    """What is between strings, and how many of these there are, is what takes the time."""
    if len(body) < _LARGE:
        return
    between = strings = at = 0
    while (start := body.find(b'"', at)) >= 0:
        between += start - at
        strings += 1
        at = _end_of_string(body, start) + 1
        if between > _MOST_BETWEEN or strings > _MOST_STRINGS:
            raise TooDense
    if between + len(body) - at > _MOST_BETWEEN:
        raise TooDense


def _end_of_string(body: bytes, start: int) -> int:
    end = start
    while (end := body.find(b'"', end + 1)) >= 0:
        before = end - 1
        while body[before] == _ESCAPE:
            before -= 1
        if (end - before) % 2:
            return end
    return len(body)


def _unquoted(text: bytes) -> bytes:
    if len(text) <= _PIECE:
        return unquote_to_bytes(text.replace(b"+", b" "))
    pieces = bytearray()
    start = 0
    while start < len(text):
        end = start + _PIECE
        cut = text.find(b"%", end - 2, end)
        end = cut if cut >= 0 and end < len(text) else end
        pieces += unquote_to_bytes(text[start:end].replace(b"+", b" "))
        start = end
    return bytes(pieces)
