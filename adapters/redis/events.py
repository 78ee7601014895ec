"""Progress events as entries of a Redis stream, and back."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec

from application.ports.progress import (
    Compiled,
    Done,
    EventId,
    Happening,
    ProgressEvent,
    StatusChanged,
    TestFinished,
)
from domain.judgement import JudgedTest

_KINDS: Mapping[bytes, type[Happening]] = {
    b"status": StatusChanged,
    b"compiled": Compiled,
    b"test": TestFinished,
    b"done": Done,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ATTEMPTS = 1 << 32
MOST_TEXT_BYTES = 4 * 1024
"""Of each text in an event: who wants all of it reads the outcome."""


def stream_id(event_id: EventId) -> str:
    """The id of the entry: Redis orders by its two numbers as we do by our three."""
    return f"{event_id.judgement * _ATTEMPTS + event_id.attempt}-{event_id.sequence}"


def written(what: Happening) -> tuple[bytes, bytes]:
    """The entry's one field: what kind of happening, and its JSON."""
    return _NAMES[type(what)], msgspec.json.encode(_cut(what), enc_hook=_fraction_to_text)


def read(entry_id: bytes, fields: Mapping[bytes, bytes]) -> ProgressEvent:
    """The event of an entry."""
    high, sequence = map(int, entry_id.split(b"-"))
    judgement, attempt = divmod(high, _ATTEMPTS)
    ((name, text),) = fields.items()
    return ProgressEvent(
        id=EventId(judgement=judgement, attempt=attempt, sequence=sequence),
        what=msgspec.json.decode(text, type=_KINDS[name], dec_hook=_text_to_fraction),
    )


def _cut(what: Happening) -> Happening:
    match what:
        case Compiled(compilation=compilation):
            output = _beginning(compilation.output) or ""
            return Compiled(compilation=replace(compilation, output=output))
        case TestFinished(test=test):
            return TestFinished(test=_cut_test(test))
        case _:
            return what


def _cut_test(test: JudgedTest) -> JudgedTest:
    output = _beginning(test.output)
    return replace(
        test,
        output=output,
        output_truncated=test.output_truncated or output != test.output,
        stderr=_beginning(test.stderr),
        message=_beginning(test.message),
        fault=_beginning(test.fault),
    )


def _beginning(text: str | None) -> str | None:
    if text is None:
        return None
    return text.encode()[:MOST_TEXT_BYTES].decode("utf-8", "ignore")


def _fraction_to_text(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError  # msgspec asks for this of a type that is not known


def _text_to_fraction(kind: Any, text: Any) -> Fraction:
    if kind is Fraction:
        return Fraction(text)
    raise NotImplementedError  # msgspec asks for this of a type that is not known
