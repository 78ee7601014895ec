"""Checkers, as staff write them."""

from fractions import Fraction
from typing import Annotated

import msgspec

from domain.checking import Checker, CheckerKind
from entrypoints.http.schemas.common import Input

Tolerance = Annotated[float, msgspec.Meta(ge=0, le=1e300)]


class ExactChecker(Input, frozen=True, kw_only=True, tag_field="kind", tag="exact"):
    """Byte for byte."""


class TokensChecker(Input, frozen=True, kw_only=True, tag_field="kind", tag="tokens"):
    """Runs of non-blanks, in order."""

    case_sensitive: bool = False


class LinesChecker(Input, frozen=True, kw_only=True, tag_field="kind", tag="lines"):
    """Line by line; blanks at the end of a line and empty lines at the end do not count."""


class FloatChecker(
    Input, frozen=True, kw_only=True, tag_field="kind", tag="float", omit_defaults=True
):
    """As tokens, but two numbers match within either tolerance."""

    absolute: Tolerance | msgspec.UnsetType = msgspec.UNSET
    relative: Tolerance | msgspec.UnsetType = msgspec.UNSET
    case_sensitive: bool = False


class UnorderedLinesChecker(
    Input, frozen=True, kw_only=True, tag_field="kind", tag="unordered_lines"
):
    """As lines, in any order."""


CheckerBody = ExactChecker | TokensChecker | LinesChecker | FloatChecker | UnorderedLinesChecker


def checker_of(body: CheckerBody) -> Checker:
    """The domain's checker; tolerances as the shortest text of the number, so 0.1 is a tenth."""
    match body:
        case ExactChecker():
            return Checker(kind=CheckerKind.EXACT)
        case TokensChecker():
            return Checker(kind=CheckerKind.TOKENS, case_sensitive=body.case_sensitive)
        case LinesChecker():
            return Checker(kind=CheckerKind.LINES)
        case FloatChecker():
            return Checker(
                kind=CheckerKind.FLOAT,
                case_sensitive=body.case_sensitive,
                absolute=_text_of(body.absolute),
                relative=_text_of(body.relative),
            )
        case UnorderedLinesChecker():
            return Checker(kind=CheckerKind.UNORDERED_LINES)


def checker_body(checker: Checker) -> CheckerBody:
    """The checker as staff write it."""
    match checker.kind:
        case CheckerKind.EXACT:
            return ExactChecker()
        case CheckerKind.TOKENS:
            return TokensChecker(case_sensitive=checker.case_sensitive)
        case CheckerKind.LINES:
            return LinesChecker()
        case CheckerKind.FLOAT:
            return FloatChecker(
                absolute=_number_of(checker.absolute),
                relative=_number_of(checker.relative),
                case_sensitive=checker.case_sensitive,
            )
        case CheckerKind.UNORDERED_LINES:
            return UnorderedLinesChecker()


def _text_of(value: float | msgspec.UnsetType) -> str | None:
    return None if isinstance(value, msgspec.UnsetType) else repr(value)


def _number_of(text: str | None) -> float | msgspec.UnsetType:
    return msgspec.UNSET if text is None else float(Fraction(text))
