"""Does this output match what was expected? The built-in checkers, and where programs take over.

All read bytes, never decode, and accept the expected output itself. Blanks are ASCII white space.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal
from enum import StrEnum
from itertools import chain, islice, zip_longest

from domain.checker_program import CheckerProgram, check_checker_program
from domain.errors import InvalidChallenge

_BLANK = re.compile(rb"[ \t\n\v\f\r]")
_TOKEN = re.compile(rb"[^ \t\n\v\f\r]+")
_LINE_END = re.compile(rb"\n")
_BLOCK = 256 * 1024
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?0*[0-9]{1,6})?")
_NON_FINITE = {
    b"inf": "inf",
    b"+inf": "inf",
    b"-inf": "-inf",
    b"infinity": "inf",
    b"+infinity": "inf",
    b"-infinity": "-inf",
    b"nan": "nan",
    b"+nan": "nan",
    b"-nan": "nan",
}
"""What languages print in place of a number, in lower case; NaN has no sign."""
_SHOWN = 80
"""Characters of a token or line that a message shows."""
_MAX_NUMBER_LENGTH = 1_000
"""A longer token is text, so that no token can make the arithmetic slow."""
_MAX_EXPONENT = 100_000
_ARITHMETIC = Context(prec=2 * _MAX_NUMBER_LENGTH, rounding=ROUND_UP)
"""Wide enough for a product of two numbers; a difference that is not exact is rounded up, so that
it is over a tolerance exactly when the true one is. Not the ambient context, which others set."""


class CheckerKind(StrEnum):
    """How outputs are compared.

    `exact`: byte for byte. `lines`: line by line, blanks at a line's end and empty lines at the
    end of the output do not count. `tokens`: runs of non-blanks, in order. `float`: as `tokens`,
    but two numbers match within a tolerance. `unordered_lines`: as `lines`, in any order.
    `custom`: by a program of the author's, `interactor`: by one that talks with the program; the
    judge runs these, and `compare` has no part in it.
    """

    EXACT = "exact"
    TOKENS = "tokens"
    LINES = "lines"
    FLOAT = "float"
    UNORDERED_LINES = "unordered_lines"
    CUSTOM = "custom"
    INTERACTOR = "interactor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """A checker and its settings; tolerances are decimal texts, so that 0.1 is a tenth."""

    kind: CheckerKind = CheckerKind.TOKENS
    case_sensitive: bool = False
    absolute: str | None = None
    relative: str | None = None
    program: CheckerProgram | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether the output is accepted, and if not, where it first differs, in one safe line."""

    accepted: bool
    message: str = ""


_ACCEPTED = Comparison(accepted=True)


def check_checker(checker: Checker) -> Checker:
    """The checker itself.

    Raises:
        InvalidChallenge: a `float` without any tolerance, a tolerance that is not a finite number
            of at least 0, a program that does not fit, or a setting that the kind does not have.
    """
    _check_program(checker)
    tolerances = (("absolute", checker.absolute), ("relative", checker.relative))
    given = [name for name, value in tolerances if value is not None]
    if checker.kind is CheckerKind.FLOAT and not given:
        raise InvalidChallenge("/checker", "needs absolute or relative tolerance, or both")
    if checker.kind is not CheckerKind.FLOAT and given:
        raise InvalidChallenge(f"/checker/{given[0]}", "goes only with the kind float")
    if checker.case_sensitive and checker.kind not in {CheckerKind.TOKENS, CheckerKind.FLOAT}:
        raise InvalidChallenge("/checker/case_sensitive", "goes only with the kind tokens or float")
    for name, value in tolerances:
        if value is not None:
            _check_tolerance(f"/checker/{name}", value)
    return checker


def compare(checker: Checker, expected: bytes, actual: bytes) -> Comparison:
    """Whether `actual` is right where `expected` is what the author wrote."""
    if expected == actual:
        return _ACCEPTED
    match checker.kind:
        case CheckerKind.EXACT:
            return _compare_exact(expected, actual)
        case CheckerKind.LINES:
            return _compare_lines(expected, actual)
        case CheckerKind.UNORDERED_LINES:
            return _compare_unordered(expected, actual)
        case CheckerKind.TOKENS:
            same = _same_text(case_sensitive=checker.case_sensitive)
            return _compare_tokens(expected, actual, same)
        case CheckerKind.FLOAT:
            return _compare_tokens(expected, actual, _same_number(checker))
        case CheckerKind.CUSTOM | CheckerKind.INTERACTOR:
            raise ValueError("a program of its own decides, not a comparison")


def _check_program(checker: Checker) -> None:
    by_program = checker.kind in {CheckerKind.CUSTOM, CheckerKind.INTERACTOR}
    if by_program != (checker.program is not None):
        raise InvalidChallenge("/checker", "has a program with the kinds custom and interactor")
    if checker.program is None:
        return
    if checker.program.is_interactive != (checker.kind is CheckerKind.INTERACTOR):
        raise InvalidChallenge("/checker", "is interactive with the kind interactor, and only so")
    check_checker_program(checker.program)


def _compare_exact(expected: bytes, actual: bytes) -> Comparison:
    common = min(len(expected), len(actual))
    low, high = 0, common  # the longest equal prefix, by halving: comparing slices is a memcmp
    while low < high:
        middle = (low + high + 1) // 2
        same = expected[low:middle] == actual[low:middle]
        low, high = (middle, high) if same else (low, middle - 1)
    line = expected.count(b"\n", 0, low) + 1
    return _differs(f"the output differs at byte {low + 1} (line {line})")


def _compare_tokens(
    expected: bytes, actual: bytes, same: Callable[[bytes, bytes], bool]
) -> Comparison:
    pairs = zip_longest(_tokens(expected), _tokens(actual), fillvalue=None)
    for number, (wanted, got) in enumerate(pairs, 1):
        if wanted == got:
            continue
        if wanted is None or got is None or not same(wanted, got):
            line = _line_of_token(expected if got is None else actual, number)
            return _first_difference(f"token {number} (line {line})", wanted, got)
    return _ACCEPTED


def _compare_lines(expected: bytes, actual: bytes) -> Comparison:
    pairs = zip_longest(_lines(expected), _lines(actual), fillvalue=None)
    for number, (wanted, got) in enumerate(pairs, 1):
        if wanted != got:
            return _first_difference(f"line {number}", wanted, got)
    return _ACCEPTED


def _compare_unordered(expected: bytes, actual: bytes) -> Comparison:
    missing = Counter(_lines(expected))
    for number, line in enumerate(_lines(actual), 1):
        if not missing[line]:  # ends at the first line too many: memory is bounded by `expected`
            return _differs(f"line {number} {_quoted(line)} is not expected (so often)")
        missing[line] -= 1
    lost = next((line for line, count in missing.items() if count), None)
    return _ACCEPTED if lost is None else _differs(f"a line is missing: {_quoted(lost)}")


def _same_text(*, case_sensitive: bool) -> Callable[[bytes, bytes], bool]:
    if case_sensitive:
        return lambda wanted, got: wanted == got
    return lambda wanted, got: wanted.lower() == got.lower()


def _same_number(checker: Checker) -> Callable[[bytes, bytes], bool]:
    same_text = _same_text(case_sensitive=checker.case_sensitive)
    absolute = Decimal(checker.absolute) if checker.absolute is not None else None
    relative = Decimal(checker.relative) if checker.relative is not None else None
    return lambda wanted, got: same_text(wanted, got) or _close(wanted, got, absolute, relative)


def _tokens(text: bytes) -> Iterator[bytes]:
    """The runs of non-blanks, split block by block so that 64 MiB never become one list."""
    return chain.from_iterable(block.split() for block in _blocks(text, _BLANK))


def _lines(text: bytes) -> Iterator[bytes]:
    """The lines without blanks at their ends, without empty ones at the end of the text."""
    trimmed = text.rstrip()
    if not trimmed:
        return iter(())
    lines = chain.from_iterable(block.split(b"\n") for block in _blocks(trimmed, _LINE_END))
    return (line.rstrip() for line in lines)


def _blocks(text: bytes, separator: re.Pattern[bytes]) -> Iterator[bytes]:
    """The text cut at separators (which are left out) into pieces of about _BLOCK bytes."""
    start = 0
    while match := separator.search(text, start + _BLOCK):
        yield text[start : match.start()]
        start = match.end()
    yield text[start:]


def _close(wanted: bytes, got: bytes, absolute: Decimal | None, relative: Decimal | None) -> bool:
    """Whether both are numbers, and one tolerance holds; infinities match by sign, NaN by NaN."""
    if (non_finite := _non_finite(wanted)) is not None:
        return non_finite == _non_finite(got)
    left, right = _number(wanted), _number(got)
    if left is None or right is None:
        return False
    difference = _ARITHMETIC.subtract(left, right).copy_abs()
    if absolute is not None and difference <= absolute:
        return True
    return relative is not None and difference <= _ARITHMETIC.multiply(relative, left.copy_abs())


def _non_finite(token: bytes) -> str | None:
    return _NON_FINITE.get(token.lower())


def _number(token: bytes) -> Decimal | None:
    """The value of a plain decimal number; None for text: `0x10`, `1_000`, what is far too long."""
    if len(token) > _MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(token):
        return None
    value = Decimal(token.decode("ascii"))  # exact, and in range as the exponent is short
    if not value:
        return Decimal(0)  # whatever its exponent and sign
    return value if abs(value.adjusted()) <= _MAX_EXPONENT else None


def _check_tolerance(pointer: str, text: str) -> None:
    value = _number(text.encode("ascii", "replace"))
    if value is None or value < 0:
        raise InvalidChallenge(pointer, "must be a finite number of at least 0")


def _line_of_token(text: bytes, number: int) -> int:
    """The line on which a token of the text stands; both are counted from 1."""
    start = 0
    while match := _BLANK.search(text, start + _BLOCK):
        count = len(text[start : match.start()].split())
        if number <= count:
            break
        number -= count
        start = match.end()
    found = next(islice(_TOKEN.finditer(text, start), number - 1, None))
    return text.count(b"\n", 0, found.start()) + 1


def _first_difference(what: str, wanted: bytes | None, got: bytes | None) -> Comparison:
    """`what` names the first place at which the two differ."""
    if got is None:
        return _differs(f"the output ends before {what}, expected {_quoted(wanted)}")
    if wanted is None:
        return _differs(f"{what} is {_quoted(got)}, but nothing more is expected")
    return _differs(f"{what} is {_quoted(got)}, expected {_quoted(wanted)}")


def _differs(message: str) -> Comparison:
    return Comparison(accepted=False, message=message)


def _quoted(text: bytes | None) -> str:
    shown = (text or b"")[:_SHOWN].decode("utf-8", "replace")
    printable = "".join(c if c.isprintable() else "\ufffd" for c in shown)
    return f'"{printable}{"…" if len(text or b"") > _SHOWN else ""}"'
