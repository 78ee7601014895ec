"""Finds compilers and interpreters on this machine, past the shims of version managers."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.sandbox.box import Bind
from adapters.sandbox.tools import ToolMissing, output_of

_SYSTEM_FOLDERS = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Where a language's tools are inside the box, and what must be bound for that."""

    paths: Mapping[str, str]
    binds: tuple[Bind, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


Finder = Callable[[], Awaitable[Toolchain]]


def on_system(**names: str) -> Finder:
    """Tools that the box's own /usr holds; a shim under some home is never one."""

    async def find() -> Toolchain:
        return Toolchain(paths={key: _system_tool(name) for key, name in names.items()})

    return find


async def find_python() -> Toolchain:
    """The system's, else the one that runs us."""
    try:
        return Toolchain(paths={"python3": _system_tool("python3")})
    except ToolMissing:
        root, binds = _in_box(Path(sys.base_prefix), "/opt/python")
        return Toolchain(paths={"python3": f"{root}/bin/python3"}, binds=binds)


async def find_go() -> Toolchain:
    said = await _said(_any_tool("go"), "env", "GOROOT")
    root, binds = _in_box(Path(said), "/opt/go")
    return Toolchain(
        paths={"go": f"{root}/bin/go", "goroot": root},
        binds=binds,
        variables={"GOROOT": root, "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"},
    )


async def find_rust() -> Toolchain:
    """The real toolchain: `rustc` on the PATH may be rustup's shim."""
    linker = _system_tool("cc")
    said = await _said(_any_tool("rustc"), "--print", "sysroot")
    root, binds = _in_box(Path(said), "/opt/rust")
    return Toolchain(paths={"rustc": f"{root}/bin/rustc", "cc": linker}, binds=binds)


async def find_typescript() -> Toolchain:
    """The compiler and Node's types: beside it, or where Debian puts them."""
    node = _system_tool("node")
    compiler = _any_tool("tsc").resolve()
    modules = next((p for p in compiler.parents if p.name in {"node_modules", "nodejs"}), None)
    if modules is None:
        raise ToolMissing(f"{compiler} does not lie in a folder of modules")
    types = next((p for p in (modules, *_TYPE_FOLDERS) if (p / "@types/node").is_dir()), None)
    if types is None:
        raise ToolMissing("Node's types (@types/node) are not installed")
    root, binds = _in_box(modules, "/opt/node_modules")
    types_root, more = (root, ()) if types == modules else _in_box(types, "/opt/node_types")
    return Toolchain(
        paths={
            "node": node,
            "tsc": f"{root}/{compiler.relative_to(modules)}",
            "types": f"{types_root}/@types",
        },
        binds=(*binds, *more),
    )


_TYPE_FOLDERS = (
    Path("/usr/share/nodejs"),
    Path("/usr/lib/node_modules"),
    Path("/usr/local/lib/node_modules"),
)


def _system_tool(name: str) -> str:
    found = shutil.which(name, path=_SYSTEM_FOLDERS)
    if found is None:
        raise ToolMissing(f"{name} is not installed")
    return found


def _any_tool(name: str) -> Path:
    found = shutil.which(name, path=_SYSTEM_FOLDERS) or shutil.which(name)
    if found is None:
        raise ToolMissing(f"{name} is not installed")
    return Path(found)


async def _said(tool: Path, *arguments: str) -> str:
    status, output = await output_of(str(tool), *arguments)
    if status != 0:
        raise ToolMissing(f"{tool.name} does not work: {output.strip()[:200]}")
    return output.strip()


def _in_box(root: Path, target: str) -> tuple[str, tuple[Bind, ...]]:
    """What lies in /usr is there anyway; anything else is bound to a path that names no home."""
    root = root.resolve()
    if root.is_relative_to("/usr"):
        return str(root), ()
    return target, (Bind(source=root, target=target),)
