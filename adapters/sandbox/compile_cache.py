"""What compiling gave, kept on disk under what it was made of: it may forget, but never lies.

Boxes see nothing of it. Several processes may share the folder: an entry appears whole or not at
all, and one that cannot be read, is damaged, or is another's is removed and counts as missing.
"""

import asyncio
import contextlib
import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

DEFAULT_BYTES = 256 << 20
_DIGEST_BYTES = hashlib.sha256().digest_size
_LENGTH_BYTES = 4
_BLOCK_BYTES = 4096
"""What a file takes at least, so that many small ones count, too."""
_UNFINISHED = ".unfinished-"
_UNFINISHED_S = 600
_LEAVE = 0.9
_LOOK_EVERY = 256
"""Entries of ours between two looks at what others have kept meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a compiler left, as it came out of its box, and what it said."""

    archive: bytes
    output: str


class CompileCache:
    """Those that were used longest ago go first when there are more than `limit_bytes`."""

    def __init__(self, folder: Path, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._bytes: int | None = None
        self._kept = 0

    async def get(self, key: str) -> Compiled | None:
        """What is kept under this key, a SHA-256 in hexadecimal; None where that is nothing."""
        if self._limit_bytes == 0:
            return None
        return await asyncio.to_thread(self._read, key)

    async def put(self, key: str, compiled: Compiled) -> None:
        """Keep it if there is room; never fails."""
        if self._limit_bytes > 0:
            await asyncio.to_thread(self._write, key, compiled)

    def _read(self, key: str) -> Compiled | None:
        path = self._folder / key
        try:
            content = path.read_bytes()
            compiled = _unpacked(key, content)
            if compiled is None:
                path.unlink()
            else:
                os.utime(path)
        except FileNotFoundError:
            return None
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return compiled

    def _write(self, key: str, compiled: Compiled) -> None:
        content = _packed(key, compiled)
        if _taken(len(content)) > self._limit_bytes:
            return
        with contextlib.suppress(OSError):  # a full disk only means that it is compiled again
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(_taken(len(content)))
            self._place(key, content)

    def _place(self, key: str, content: bytes) -> None:
        number, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
            Path(name).replace(self._folder / key)
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        self._bytes = (self._bytes or 0) + _taken(len(content))

    def _make_room(self, wanted: int) -> None:
        self._kept += 1
        is_known = self._bytes is not None and self._kept % _LOOK_EVERY
        if is_known and (self._bytes or 0) + wanted <= self._limit_bytes:
            return
        found = sorted(self._entries())
        total = sum(taken for _, taken, _ in found)
        if total + wanted > self._limit_bytes:
            for _, taken, path in found:
                if total + wanted <= self._limit_bytes * _LEAVE:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= taken
        self._bytes = max(total, 0)

    def _entries(self) -> list[tuple[int, int, Path]]:
        """When each was used last, what it takes, and where it is; dead writers' rests go."""
        found = []
        with os.scandir(self._folder) as listed:
            for one in listed:
                with contextlib.suppress(FileNotFoundError):
                    status = one.stat(follow_symlinks=False)
                    is_unfinished = one.name.startswith(_UNFINISHED)
                    if is_unfinished and time.time() - status.st_mtime > _UNFINISHED_S:
                        Path(one.path).unlink()
                    elif not is_unfinished:
                        found.append((status.st_mtime_ns, _taken(status.st_size), Path(one.path)))
        return found


def _packed(key: str, compiled: Compiled) -> bytes:
    output = compiled.output.encode()
    body = b"".join((len(output).to_bytes(_LENGTH_BYTES), output, compiled.archive))
    return _digest(key, body) + body


def _unpacked(key: str, content: bytes) -> Compiled | None:
    """The key is hashed with the rest, so that no entry stands for another."""
    digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if digest != _digest(key, body) or len(body) < _LENGTH_BYTES:
        return None
    end = _LENGTH_BYTES + int.from_bytes(body[:_LENGTH_BYTES])
    return Compiled(archive=body[end:], output=body[_LENGTH_BYTES:end].decode(errors="replace"))


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((key.encode(), body))).digest()


def _taken(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES
