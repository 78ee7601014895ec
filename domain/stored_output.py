"""How much of what a program, a compiler and a checker said is stored with a judgement."""

from codecs import getincrementaldecoder
from collections.abc import Sequence
from dataclasses import replace

from domain.judgement import JudgedTest

MAX_STORED_OUTPUT_BYTES = 64 * 1024
"""Of one test, and of the compiler (decision 8)."""
MAX_JUDGEMENT_BYTES = 4 * 1024 * 1024
_BYTES_BESIDE_OUTPUT = 288
"""What one test takes in a stored judgement beside its texts, generously."""
_BYTES_OF_A_NOTE = 64
"""What a checker's note takes beside its text."""
_ESCAPED = bytes(range(0x20)) + b'"\\'
"""What JSON escapes, with up to six bytes for one."""
_MAX_ESCAPE = 6
_BYTES_BESIDE_TESTS = (_MAX_ESCAPE + 1) * MAX_STORED_OUTPUT_BYTES
"""The compiler's output at its worst, and all that is stored once."""
_Decoder = getincrementaldecoder("utf-8")


def stored_text(data: bytes) -> str:
    """The first 64 KiB as text; what is not UTF-8 is replaced, and so is NUL."""
    return stored_part(data)[0]


def stored_part(data: bytes) -> tuple[str, bool]:
    """The text of the first 64 KiB, cut between two characters, and whether anything was cut."""
    whole = len(data) <= MAX_STORED_OUTPUT_BYTES
    text = _Decoder("replace").decode(data[:MAX_STORED_OUTPUT_BYTES], final=whole)
    encoded = text.replace("\0", "\ufffd").encode()  # a replaced byte becomes three
    kept = encoded[:MAX_STORED_OUTPUT_BYTES].decode("utf-8", "ignore")
    return kept, not whole or len(encoded) > MAX_STORED_OUTPUT_BYTES


def within_budget(tests: Sequence[JudgedTest]) -> tuple[JudgedTest, ...]:
    """The tests with so much output that a judgement stays under MAX_JUDGEMENT_BYTES.

    Earlier tests keep theirs; what does not fit any more is left out and marked as truncated.
    """
    left = MAX_JUDGEMENT_BYTES - _BYTES_BESIDE_TESTS - _BYTES_BESIDE_OUTPUT * len(tests)
    left -= _BYTES_OF_A_NOTE * sum(test.note is not None for test in tests)
    kept: list[JudgedTest] = []
    for test in tests:
        size = _stored_size(test, most=left)
        fits = size <= left
        left -= size if fits else 0
        kept.append(test if fits else _without_texts(test))
    return tuple(kept)


def _stored_size(test: JudgedTest, *, most: int) -> int:
    """Bytes that the texts of a test take as JSON strings; counted no further once over `most`."""
    noted = test.note.judge_message if test.note else ""
    texts = (test.output, test.stderr, test.message, test.fault, noted)
    written = b"".join((text or "").encode() for text in texts)
    if len(written) > most:
        return len(written)
    escaped = len(written) - len(written.translate(None, _ESCAPED))
    return len(written) + (_MAX_ESCAPE - 1) * escaped


def _without_texts(test: JudgedTest) -> JudgedTest:
    return replace(
        test,
        output=None,
        stderr=None,
        message=None,
        fault=None,
        note=replace(test.note, judge_message="") if test.note else None,
        output_truncated=True,
    )
