"""A language with its tools as found here, and its commands with their placeholders filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from adapters.sandbox.box import APP, WORK, Bind
from adapters.sandbox.languages import Entry
from adapters.sandbox.sources import Sources
from adapters.sandbox.toolchains import Toolchain

PREPARED = "/opt/prepared"
OUT = f"{WORK}/out"
_INNER = ("{heap_mib}", "{stack_kib}", "{prepared}", "-J-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A language with its tools as found on this machine; `said` is their own version."""

    entry: Entry
    toolchain: Toolchain
    said: bytes = b""
    prepared: Path | None = None

    @property
    def binds(self) -> tuple[Bind, ...]:
        if self.prepared is None:
            return self.toolchain.binds
        return (*self.toolchain.binds, Bind(source=self.prepared, target=PREPARED))


def shown(kit: Kit, command: tuple[str, ...]) -> str:
    """A command as a candidate would type it, without folders of the box and inner settings."""
    values = {name: PurePosixPath(path).name for name, path in kit.toolchain.paths.items()}
    name = kit.entry.file_name
    values |= {"main": name, "stem": PurePosixPath(name).stem, "main_class": "Main"}
    parts = [part.replace("{app}/main", "./main") for part in command]
    parts = [part for part in parts if not any(word in part for word in _INNER)]
    text = " ".join(command_of(tuple(parts), values, (name,)))
    text = text.replace("{out}/", "").replace("{app}/", "")
    return text.replace("{app}", ".").replace("{out}", ".")


def paths_of(kit: Kit) -> dict[str, str]:
    prepared = {"prepared": PREPARED} if kit.prepared else {}
    return {**kit.toolchain.paths, "out": OUT, "app": APP, **prepared}


def names_of(sources: Sources) -> dict[str, str]:
    stem = PurePosixPath(sources.main.name).stem
    return {"main": sources.main.name, "stem": stem, "main_class": sources.main_class}


def command_of(
    parts: tuple[str, ...], values: Mapping[str, str], files: tuple[str, ...]
) -> tuple[str, ...]:
    """The command with every placeholder filled in; `{sources}` becomes the names of `files`.

    Where nothing is prepared yet, the words that name it are left out.
    """
    words: list[str] = []
    for part in parts:
        if "{prepared}" in part and "prepared" not in values:
            continue
        words += files if part == "{sources}" else [filled(part, values)]
    return tuple(words)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Not str.format: shell and tools use braces too."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
