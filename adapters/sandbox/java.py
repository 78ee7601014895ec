"""Finds the class to start among Java sources, since its name is the candidate's to choose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_TOKEN = re.compile(
    r"(?P<open>\{)|(?P<close>\})"
    r"|(?P<public>\bpublic\s+)?(?:\b(?:final|abstract|sealed|strictfp)\s+)*"
    r"\b(?:class|interface|enum|record)\s+(?P<name>\w+)"
    r"|(?P<main>\bstatic\b[^;{}()]*\bvoid\s+main\s*\()"
)


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
    for source in sources:
        found = _classes(source)
        ranked = sorted((c for c in found if c.has_main), key=lambda c: not c.is_public)
        if ranked:
            return _package(source) + ranked[0].name
    first = _classes(sources[0])
    return _package(sources[0]) + (first[0].name if first else "Main")


def file_name(source: str) -> str:
    """What a lone source must be called: Java ties a file to the public class in it."""
    public = next((c.name for c in _classes(source) if c.is_public), None)
    return f"{public or 'Main'}.java"


def _package(source: str) -> str:
    found = _PACKAGE.search(_without_noise(source))
    return f"{found[1]}." if found else ""


def _without_noise(source: str) -> str:
    return _NOISE.sub(" ", source)


def _classes(source: str) -> list[_Class]:
    """The classes at the outermost level, in their order."""
    found: list[_Class] = []
    depth = 0
    for token in _tokens(source):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["name"] and depth == 0:
            found.append(
                _Class(name=token["name"], is_public=bool(token["public"]), has_main=False)
            )
        elif token["main"] and depth == 1 and found:
            last = found[-1]
            found[-1] = _Class(name=last.name, is_public=last.is_public, has_main=True)
    return found


def _tokens(source: str) -> Iterator[re.Match[str]]:
    return _TOKEN.finditer(_without_noise(source))
