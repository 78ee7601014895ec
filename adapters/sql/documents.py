"""Values of the domain as JSON texts for columns, and back, strictly."""

import zlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Generic, TypeVar, cast

import msgspec

from domain.judging import JudgedTest, Judgement, Verdict
from domain.scoring import rounded

T = TypeVar("T")

_FAST = 1
"""zlib's level: outputs of programs repeat themselves, so more effort gains little."""

_LETTERS = {
    Verdict.ACCEPTED: "a",
    Verdict.WRONG_ANSWER: "w",
    Verdict.TIME_LIMIT_EXCEEDED: "t",
    Verdict.MEMORY_LIMIT_EXCEEDED: "m",
    Verdict.OUTPUT_LIMIT_EXCEEDED: "o",
    Verdict.RUNTIME_ERROR: "r",
    Verdict.COMPILE_ERROR: "c",
    Verdict.JUDGE_ERROR: "j",
    Verdict.SKIPPED: "-",
}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


class Codec(Generic[T]):
    """Writes values of one type as JSON and reads them back; bytes are base64, scores text."""

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
            return str(rounded(value))  # as exact as scores are stored anywhere
        # msgspec asks for this exception of a type that is not known.
        raise NotImplementedError(f"{type(value).__name__} is not stored in documents")

    @staticmethod
    def _read(kind: Callable[[str], object], text: str) -> object:
        if kind is Fraction:
            return Fraction(text)
        # As above.
        raise NotImplementedError(f"{kind} is not stored in documents")


_JUDGEMENTS: Codec[Judgement] = Codec(Judgement)


def packed(judgement: Judgement) -> bytes:
    """The judgement compressed: up to 4 MiB that are read rarely."""
    return zlib.compress(_JUDGEMENTS.encode(judgement), _FAST)


def unpacked(payload: bytes) -> Judgement:
    return _JUDGEMENTS.decode(zlib.decompress(payload))


def verdict_letters(tests: tuple[JudgedTest, ...]) -> str:
    """One letter a test, by ordinal from 1, so that counting failures opens no judgement."""
    by_ordinal = {test.ordinal: _LETTERS[test.verdict] for test in tests}
    none = _LETTERS[Verdict.SKIPPED]
    return "".join(by_ordinal.get(n, none) for n in range(1, max(by_ordinal, default=0) + 1))


def verdicts_from(letters: str) -> tuple[Verdict, ...]:
    return tuple(_VERDICTS[letter] for letter in letters)
