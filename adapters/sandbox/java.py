"""Finds the class to start among Java sources, since its name is the candidate's to choose.

A wrong guess only leads to a compile error, so what matters more is that every source, however
hostile, is read once from left to right: tokens are possessive, and a token that never ends (a
comment, a string) takes all that is left.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""//[^\n]*+
    | /\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?
    | \"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:\"{3})?
    | "[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?
    | '[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?
    | (?P<word>[\w$]++)
    | (?P<sign>[^\s\w$])""",
    re.DOTALL | re.VERBOSE,
)
_KINDS = frozenset({"class", "interface", "enum", "record"})
_FORGETTING = frozenset("{};()")
_LONGEST_NAME = 250
"""In bytes: a file of that name, with its extension, can still be made."""
_LONGEST_PACKAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    name: str
    is_public: bool
    has_main: bool


def main_class(sources: tuple[str, ...]) -> str:
    """The class to start: a public one with a `main`, else the first with a `main`.

    The first source goes before all others. Without any `main` it is the first class, and the
    Java launcher says what is wrong.
    """
    outlines = [_Outline.of(source) for source in sources]
    for outline in outlines:
        ranked = sorted((c for c in outline.found if c.has_main), key=lambda c: not c.is_public)
        if ranked:
            return outline.package + ranked[0].name
    first = outlines[0]
    return first.package + (first.found[0].name if first.found else "Main")


def file_name(source: str) -> str:
    """What a lone source must be called: Java ties a file to the public class in it."""
    public = next((c.name for c in _Outline.of(source).found if c.is_public), "Main")
    return f"{public}.java"


def tokens(source: str) -> Iterator[str]:
    """Words and signs, without comments, strings and text blocks."""
    for token in _TOKEN.finditer(source):
        if token.lastgroup:
            yield token[0]


@dataclass(slots=True, kw_only=True)
class _Outline:
    """The package of a source and its classes at the outermost level, in their order."""

    package: str = ""
    found: list[_Class] = field(default_factory=list)
    _depth: int = 0
    _last: str = ""
    _before: str = ""
    _is_public: bool = False
    _is_static: bool = False

    @classmethod
    def of(cls, source: str) -> "_Outline":
        outline, parts = cls(), tokens(source)
        for part in parts:
            if part == "package" and not outline.found:
                outline.package = _package(parts)
            else:
                outline._take(part)
        return outline

    def _take(self, part: str) -> None:
        if self._depth == 0:
            self._take_outside(part)
        elif self._depth == 1:
            self._take_inside(part)
        self._depth += (part == "{") - (part == "}")
        self._before, self._last = self._last, part

    def _take_outside(self, part: str) -> None:
        if self._last in _KINDS and _is_name(part):
            self.found.append(_Class(name=part, is_public=self._is_public, has_main=False))
        if part == "public" or part in _FORGETTING:
            self._is_public = part == "public"

    def _take_inside(self, part: str) -> None:
        is_main = (self._before, self._last, part) == ("void", "main", "(")
        if is_main and self._is_static and self.found:
            last = self.found[-1]
            self.found[-1] = _Class(name=last.name, is_public=last.is_public, has_main=True)
        if part == "static" or part in _FORGETTING:
            self._is_static = part == "static"


def _is_name(part: str) -> bool:
    can_begin = part[0].isalpha() or part[0] in "_$"
    return can_begin and len(part.encode()) <= _LONGEST_NAME


def _package(parts: Iterator[str]) -> str:
    """Up to what cannot be part of its name."""
    named = itertools.takewhile(lambda part: part == "." or _is_name(part), parts)
    return "".join((*itertools.islice(named, _LONGEST_PACKAGE), "."))
