"""Finds compilers and interpreters on this machine, past the shims of version managers."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
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


def on_system(*settings: str, **names: str) -> Finder:
    """Tools that the box's own /usr holds; a shim under some home is never one.

    Of each the first is taken that is there of several names (`lua5.4|lua`). `settings` are files
    and folders outside /usr that the tools read.
    """

    async def find() -> Toolchain:
        paths = {key: _system_tool(*name.split("|")) for key, name in names.items()}
        return Toolchain(paths=paths, binds=_settings(*settings))

    return find


def with_variables(find: Finder, variables: Mapping[str, str]) -> Finder:
    """The same tools, and programs that are told this."""

    async def found() -> Toolchain:
        return replace(await find(), variables=variables)

    return found


async def find_python() -> Toolchain:
    """The system's, else the one that runs us."""
    try:
        return Toolchain(paths={"python3": _system_tool("python3")})
    except ToolMissing:
        root, binds = _in_box(Path(sys.base_prefix), "/opt/python")
        return Toolchain(paths={"python3": f"{root}/bin/python3"}, binds=binds)


async def find_pypy() -> Toolchain:
    """Told the size that it would else ask the machine's description for, and complain without."""
    variables = {"PYPY_GC_NURSERY": "4MB"}
    return Toolchain(paths={"pypy3": _system_tool("pypy3")}, variables=variables)


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


async def find_kotlin() -> Toolchain:
    """Its archives are named one by one, since Debian's lie in another folder than its own."""
    java = _system_tool("java")
    home = _any_tool("kotlinc").resolve().parents[1]
    root, binds = _in_box(home, "/opt/kotlin")
    found = [(home / f"lib/{name}.jar").resolve() for name in _KOTLIN_ARCHIVES]
    if missing := [path.name for path in found if not path.is_file()]:
        raise ToolMissing(f"kotlinc has no {missing[0]}")
    paths = [str(p) if p.is_relative_to("/usr") else f"{root}/lib/{p.name}" for p in found]
    return Toolchain(
        paths={"java": java, "home": root, "compiler": ":".join(paths), "stdlib": paths[1]},
        binds=binds,
    )


_KOTLIN_ARCHIVES = (
    *("kotlin-compiler", "kotlin-stdlib", "kotlin-reflect", "kotlin-script-runtime"),
    *("trove4j", "annotations-13.0"),
)


async def find_r() -> Toolchain:
    """The program itself: the scripts before it take longer than its own start."""
    home = Path(await _said(Path(_system_tool("R")), "RHOME"))
    program = home / "bin/exec/R"
    if not (program.is_file() and home.is_relative_to("/usr")):
        raise ToolMissing(f"{program} is not there, or not in /usr")
    variables = {"R_HOME": str(home), "LD_LIBRARY_PATH": f"{home}/lib"}
    return Toolchain(paths={"r": str(program)}, binds=_settings("/etc/R"), variables=variables)


_TYPE_FOLDERS = (
    Path("/usr/share/nodejs"),
    Path("/usr/lib/node_modules"),
    Path("/usr/local/lib/node_modules"),
)


def _settings(*paths: str) -> tuple[Bind, ...]:
    return tuple(Bind(source=Path(p).resolve(), target=p) for p in paths if Path(p).exists())


def _system_tool(*names: str) -> str:
    found = [path for name in names if (path := shutil.which(name, path=_SYSTEM_FOLDERS))]
    if not found:
        raise ToolMissing(f"{names[0]} is not installed")
    return found[0]


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
