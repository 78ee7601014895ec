"""Values of the domain as JSON documents, and back, strictly."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Generic, TypeVar, cast

import msgspec

from domain.scoring import rounded

T = TypeVar("T")
_PLACES = 10**6


class Codec(Generic[T]):
    """Writes values of one type as JSON and reads them back; bytes are base64, fractions text.

    A field that a document lacks is the type's default, and one that it alone has is passed over:
    so older documents are read, and newer ones by older programs.
    """

    def __init__(self, kind: Any) -> None:
        self._encoder = msgspec.json.Encoder(enc_hook=self._written)
        self._decoder = msgspec.json.Decoder(kind, dec_hook=self._read)

    def encode(self, value: T) -> bytes:
        return self._encoder.encode(value)

    def decode(self, document: bytes | str) -> T:
        return cast("T", self._decoder.decode(document))

    @staticmethod
    def _written(value: object) -> str:
        if isinstance(value, Fraction):
            return str(rounded(value) if is_round(value) else value)
        # msgspec asks for this exception of a type that is not known.
        raise NotImplementedError(f"{type(value).__name__} is not stored in documents")

    @staticmethod
    def _read(kind: Callable[[str], object], text: str) -> object:
        if kind is Fraction:
            return Fraction(text)
        # As above.
        raise NotImplementedError(f"{kind} is not stored in documents")


def is_round(value: Fraction) -> bool:
    """Whether 6 places are all of it, as of scores once they are stored."""
    return _PLACES % value.denominator == 0
