"""The deployment's files, read as what runs them reads them."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it has no types

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OURS = re.compile(r"assay-(api|worker):")
_HANDED_ON = re.compile(r"^ +([A-Z][A-Z0-9_]+):(?: +#.*)?$", re.MULTILINE)
"""A variable without a value: that of the environment or of .env, and not set where it is not."""
_INTERPOLATED = re.compile(r"\$\{([A-Z0-9_]+)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction of the Dockerfile, its continued lines put together."""

    stage: str
    name: str
    text: str

    @property
    def options(self) -> Mapping[str, str]:
        """`--from=wheels` and the like."""
        return dict(re.findall(r"--([a-z-]+)=(\S+)", self.text))

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments, as JSON or as plain words, without options."""
        if self.text.lstrip().startswith("["):
            return tuple(json.loads(self.text))
        return tuple(word for word in shlex.split(self.text) if not word.startswith("--"))


@cache
def instructions() -> tuple[Instruction, ...]:
    """Those of the Dockerfile, in their order."""
    return tuple(_instructions((ROOT / "Dockerfile").read_text("utf-8")))


def of(name: str) -> tuple[Instruction, ...]:
    """The instructions of that name."""
    return tuple(one for one in instructions() if one.name == name)


def _instructions(text: str) -> Iterator[Instruction]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    stage = ""
    for joined in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        name, _, rest = joined.strip().partition(" ")
        if name == "FROM":
            stage = rest.rpartition(" AS ")[2]
        if name:
            yield Instruction(stage=stage, name=name, text=rest.strip())


@cache
def compose() -> dict[str, Any]:
    """compose.yaml, with its anchors merged and `${NAME:-default}` as its default."""
    read: dict[str, Any] = _with_defaults(yaml.safe_load((ROOT / "compose.yaml").read_text()))
    return read


def _with_defaults(value: Any) -> Any:
    """As Compose does it: in every text, after the file was parsed."""
    if isinstance(value, dict):
        return {key: _with_defaults(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_with_defaults(inner) for inner in value]
    if isinstance(value, str):
        return _INTERPOLATED.sub(lambda match: match[2] or "", value)
    return value


def interpolated() -> frozenset[str]:
    """The names that compose.yaml takes from the environment or from .env."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    found = (*_INTERPOLATED.finditer(text), *_HANDED_ON.finditer(text))
    return frozenset(match[1] for match in found)


def services() -> dict[str, dict[str, Any]]:
    """Every service of compose.yaml."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def our_services() -> dict[str, dict[str, Any]]:
    """Those that run `assay`."""
    return {name: one for name, one in services().items() if OURS.match(one["image"])}


def option(service: str, name: str) -> str:
    """The value of `-name=value` in a service's command."""
    return next(
        str(word).partition("=")[2]
        for word in services()[service]["command"]
        if str(word).startswith(f"-{name}=")
    )
