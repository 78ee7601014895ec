"""Finds the class to start among Kotlin sources: the one that the compiler makes of a file.

A wrong guess only leads to a runtime error, and every source is read once from left to right.
"""

import itertools
import re
from pathlib import PurePosixPath

from adapters.sandbox.java import tokens

_OTHER_NAME = re.compile(r"@file\s*:\s*(?:\[\s*)?JvmName\s*\(\s*\"([\w$]{1,200})\"")
_NOT_IN_NAME = re.compile(r"[^\w$]")
_LONGEST_PACKAGE = 200
_TYPES = frozenset({"class", "object"})


def main_class(sources: tuple[tuple[str, str], ...]) -> str:
    """The class of the first of these (name, text) that has a `main` outside of all classes.

    Where none has, it is the first class or object with a `main` inside, its companion's included.
    """
    found = [(name, text, _holder(text)) for name, text in sources]
    ranked = sorted(found, key=lambda one: (one[2] is None, one[2] != ""))
    name, text, holder = ranked[0]
    other = _OTHER_NAME.search(text)
    return _package(text) + (holder or (other[1] if other else _class_of(name)))


def _class_of(name: str) -> str:
    stem = _NOT_IN_NAME.sub("_", PurePosixPath(name).stem)
    stem = f"_{stem}" if stem[:1].isdigit() else stem
    return f"{stem[:1].upper()}{stem[1:]}Kt"


def _holder(text: str) -> str | None:
    """What the first `main` is in: a class, nothing at all (empty), or None without any `main`."""
    depth, before, last, outermost, inner = 0, "", "", "", None
    for part in tokens(text):
        if (before, last, part) == ("fun", "main", "("):
            if depth == 0:
                return ""
            inner = inner or outermost
        if depth == 0 and last in _TYPES:
            outermost = part
        depth += (part == "{") - (part == "}")
        before, last = last, part
    return inner


def _package(text: str) -> str:
    """With a dot behind it; it ends where two words meet, as no sign has to follow."""
    parts = itertools.dropwhile(lambda part: part != "package", tokens(text))
    name = ""
    for part in itertools.islice(parts, 1, _LONGEST_PACKAGE):
        if (part == ".") != (name != "" and not name.endswith(".")):
            break
        name += part
    return f"{name}." if name else ""
