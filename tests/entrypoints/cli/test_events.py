"""Server-sent events are read as the standard says."""

import pytest

from entrypoints.cli.events import Event, read_events


def _event(kind: str, data: str, last_id: str = "") -> Event:
    return Event(id=last_id, kind=kind, data=data)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        ("", []),
        ("event: status\ndata: {}\n\n", [_event("status", "{}")]),
        ("data: 1\n\n", [_event("message", "1")]),
        ("data:1\n\n", [_event("message", "1")]),
        ("data:  1\n\n", [_event("message", " 1")]),
        ("data: 1\ndata: 2\n\n", [_event("message", "1\n2")]),
        (": ping\n\n: ping\n\n", []),
        (": ping\ndata: 1\n\n", [_event("message", "1")]),
        ("event: done\n\ndata: 1\n\n", [_event("message", "1")]),
        (
            "id: 1.1.4\ndata: 1\n\ndata: 2\n\n",
            [
                _event("message", "1", "1.1.4"),
                _event("message", "2", "1.1.4"),
            ],
        ),
        ("data: a: b\n\n", [_event("message", "a: b")]),
        ("retry: 10\nunknown\ndata: 1\n\n", [_event("message", "1")]),
    ],
)
def test_lines_become_events(stream: str, events: list[Event]) -> None:
    assert list(read_events(stream.splitlines())) == events


def test_an_event_that_is_broken_off_is_dropped() -> None:
    assert list(read_events(["data: 1", "", "event: done", "data: 2"])) == [_event("message", "1")]
