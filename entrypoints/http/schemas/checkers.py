"""Checkers, as staff write them."""

from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any

import msgspec

from domain.checker_program import (
    MAX_ARGUMENT_LENGTH,
    MAX_ARGUMENTS,
    MAX_VALIDATION_PASSES,
    CheckerLimits,
    CheckerProgram,
    CheckerProtocol,
)
from domain.checking import Checker, CheckerKind
from domain.ids import LanguageId
from domain.limits import MAX_MEMORY_KIB, MAX_TIME_MS, MIN_MEMORY_KIB, MIN_TIME_MS
from domain.program import Program, SourceFile
from entrypoints.http.problems import misfit
from entrypoints.http.schemas.common import Input, LanguageName, Text
from entrypoints.http.schemas.submissions import FileBody, FileName, Files

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


_LIMITS = CheckerLimits()
_PASSES = 2
Argument = Annotated[str, msgspec.Meta(max_length=MAX_ARGUMENT_LENGTH, pattern="^[ -~]*$")]
Arguments = Annotated[list[Argument], msgspec.Meta(max_length=MAX_ARGUMENTS)]
Passes = Annotated[
    int,
    msgspec.Meta(
        ge=1,
        le=MAX_VALIDATION_PASSES,
        description="At most so many passes has a test; another one follows where the checker "
        "accepts and leaves `nextpass.in`.",
    ),
]


class CheckerLimitsBody(Input, frozen=True, kw_only=True):
    """Limits of one call of a checker."""

    time_ms: Annotated[int, msgspec.Meta(ge=MIN_TIME_MS, le=MAX_TIME_MS)] = _LIMITS.time_ms
    memory_kib: Annotated[int, msgspec.Meta(ge=MIN_MEMORY_KIB, le=MAX_MEMORY_KIB)] = (
        _LIMITS.memory_kib
    )


class CustomChecker(Input, frozen=True, kw_only=True, tag_field="kind", tag="custom"):
    """A program that reads what was written: `source`, or `files` with an `entry_point`."""

    language: LanguageName
    source: Text | msgspec.UnsetType = msgspec.UNSET
    files: Files | msgspec.UnsetType = msgspec.UNSET
    entry_point: FileName | msgspec.UnsetType = msgspec.UNSET
    protocol: CheckerProtocol = CheckerProtocol.ICPC
    arguments: Arguments = msgspec.field(default_factory=list)
    limits: CheckerLimitsBody = CheckerLimitsBody()
    validation_passes: Passes = _PASSES


class InteractorChecker(Input, frozen=True, kw_only=True, tag_field="kind", tag="interactor"):
    """A program that runs beside the other, each reading what the other writes."""

    language: LanguageName
    source: Text | msgspec.UnsetType = msgspec.UNSET
    files: Files | msgspec.UnsetType = msgspec.UNSET
    entry_point: FileName | msgspec.UnsetType = msgspec.UNSET
    protocol: CheckerProtocol = CheckerProtocol.ICPC
    arguments: Arguments = msgspec.field(default_factory=list)
    limits: CheckerLimitsBody = CheckerLimitsBody()
    validation_passes: Passes = _PASSES


CheckerBody = (
    ExactChecker
    | TokensChecker
    | LinesChecker
    | FloatChecker
    | UnorderedLinesChecker
    | CustomChecker
    | InteractorChecker
)


def checker_of(body: CheckerBody) -> Checker:
    """The domain's checker; tolerances as the shortest text of the number, so 0.1 is a tenth."""
    if isinstance(body, CustomChecker | InteractorChecker):
        return _by_program(body)
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
        case CheckerKind.CUSTOM | CheckerKind.INTERACTOR:
            return _program_body(checker)


def _by_program(body: CustomChecker | InteractorChecker) -> Checker:
    if isinstance(body, CustomChecker):
        return Checker(kind=CheckerKind.CUSTOM, program=_program_of(body))
    program = replace(_program_of(body), is_interactive=True)
    return Checker(kind=CheckerKind.INTERACTOR, program=program)


def _program_of(body: CustomChecker | InteractorChecker) -> CheckerProgram:
    """The program that was sent; whether its files fit, the core says.

    Raises:
        Refused: 422, both `source` and `files`, or neither.
    """
    entry_point = None if isinstance(body.entry_point, msgspec.UnsetType) else body.entry_point
    if isinstance(body.source, msgspec.UnsetType):
        if isinstance(body.files, msgspec.UnsetType):
            raise misfit("/checker/source", "is missing: give it, or files")
        files = tuple(SourceFile(name=file.name, content=file.content) for file in body.files)
    elif not isinstance(body.files, msgspec.UnsetType):
        raise misfit("/checker/files", "goes in place of source, not beside it")
    elif entry_point is not None:
        raise misfit("/checker/entry_point", "goes with files only")
    else:
        files = (SourceFile(name="", content=body.source),)
    return CheckerProgram(
        language=LanguageId(body.language),
        program=Program(files=files, entry_point=entry_point),
        protocol=body.protocol,
        arguments=tuple(body.arguments),
        limits=CheckerLimits(time_ms=body.limits.time_ms, memory_kib=body.limits.memory_kib),
        validation_passes=body.validation_passes,
    )


def _program_body(checker: Checker) -> CustomChecker | InteractorChecker:
    program = checker.program
    if program is None:
        raise ValueError("a checker of this kind has a program")
    files = program.program.files
    is_bare = not files[0].name
    entry_point = program.program.entry_point
    fields: dict[str, Any] = {
        "language": program.language,
        "source": files[0].content if is_bare else msgspec.UNSET,
        "files": msgspec.UNSET
        if is_bare
        else [FileBody(name=file.name, content=file.content) for file in files],
        "entry_point": msgspec.UNSET if entry_point is None else entry_point,
        "protocol": program.protocol,
        "arguments": list(program.arguments),
        "limits": CheckerLimitsBody(
            time_ms=program.limits.time_ms, memory_kib=program.limits.memory_kib
        ),
        "validation_passes": program.validation_passes,
    }
    if program.is_interactive:
        return InteractorChecker(**fields)
    return CustomChecker(**fields)


def _text_of(value: float | msgspec.UnsetType) -> str | None:
    return None if isinstance(value, msgspec.UnsetType) else repr(value)


def _number_of(text: str | None) -> float | msgspec.UnsetType:
    return msgspec.UNSET if text is None else float(Fraction(text))
