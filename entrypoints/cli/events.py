"""Reading a stream of server-sent events (WHATWG HTML, section 9.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; `id` is the last one that the stream has given."""

    id: str
    kind: str
    data: str


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream's lines; one that the stream breaks off is dropped."""
    last_id, kind, data = "", "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(id=last_id, kind=kind, data="\n".join(data))
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            last_id = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
