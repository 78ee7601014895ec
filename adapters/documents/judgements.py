"""Judgements as the stores of submissions keep them."""

import zlib
from dataclasses import replace
from fractions import Fraction

from adapters.documents.codec import Codec, is_round
from domain.judgement import JudgedTest, Judgement, Verdict
from domain.scoring import rounded

_FAST = 1
"""zlib's level: outputs of programs repeat themselves, so more effort gains little."""

_LETTERS = {
    Verdict.ACCEPTED: "a",
    Verdict.PARTIALLY_ACCEPTED: "p",
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
_JUDGEMENTS: Codec[Judgement] = Codec(Judgement)


def packed(judgement: Judgement) -> bytes:
    """The judgement compressed: up to 4 MiB that are read rarely.

    Scores have 6 places, as anywhere; a checker's share is exact, since 1 means something else.
    """
    stored = replace(
        judgement,
        score=_stored(judgement.score),
        max_score=_stored(judgement.max_score),
        tests=tuple(_with_stored_scores(test) for test in judgement.tests),
    )
    return zlib.compress(_JUDGEMENTS.encode(stored), _FAST)


def unpacked(payload: bytes) -> Judgement:
    return _JUDGEMENTS.decode(zlib.decompress(payload))


def verdict_letters(tests: tuple[JudgedTest, ...]) -> str:
    """One letter a test, by ordinal from 1, so that counting failures opens no judgement."""
    by_ordinal = {test.ordinal: _LETTERS[test.verdict] for test in tests}
    none = _LETTERS[Verdict.SKIPPED]
    return "".join(by_ordinal.get(n, none) for n in range(1, max(by_ordinal, default=0) + 1))


def verdicts_from(letters: str) -> tuple[Verdict, ...]:
    return tuple(_VERDICTS[letter] for letter in letters)


def _with_stored_scores(test: JudgedTest) -> JudgedTest:
    if is_round(test.score) and is_round(test.max_score):
        return test
    return replace(test, score=_stored(test.score), max_score=_stored(test.max_score))


def _stored(score: Fraction) -> Fraction:
    return Fraction(rounded(score))
