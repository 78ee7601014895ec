"""What goes into a box and comes out of one, as tar: nothing that comes out is trusted."""

import contextlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from application.ports.judge import FileBeside
from domain.program import SourceFile

MAX_FILES = 5_000
MAX_UNPACKED_BYTES = 512 << 20
_COPY_BYTES = 1 << 20
_MAX_DEPTH = 16


def packed(files: tuple[SourceFile, ...], beside: tuple[FileBeside, ...] = ()) -> bytes:
    """The files as one archive; what lies beside comes last, and so instead of its namesakes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content, mode in _members(files, beside):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = mode
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _members(
    files: tuple[SourceFile, ...], beside: tuple[FileBeside, ...]
) -> Iterator[tuple[str, bytes, int]]:
    for source in files:
        yield source.name, source.content.encode(), 0o644
    for file in beside:
        yield file.path, file.content, 0o755 if file.is_executable else 0o644


def unpack(
    folder: Path,
    archive: bytes,
    files: tuple[SourceFile, ...],
    beside: tuple[FileBeside, ...] = (),
    *,
    read_as: Literal["r|", "r|gz"] = "r|",
) -> None:
    """Write files of ours; the archive comes out of the box, so nothing in it is trusted.

    Raises:
        ValueError, tarfile.TarError: the archive is not one that can be taken.
        OSError: a file could not be written.
    """
    for name, content, mode in _members(files, beside):
        path = folder / _inside(name)
        _make_folders(path.parent, folder)
        _write(path, io.BytesIO(content), mode)
    if archive:
        try:
            _unpack(folder, archive, read_as)
        except (ValueError, OSError, tarfile.TarError):
            raise
        except Exception as error:  # whatever else its parser meets in a header made to fell it:
            # an end in the middle (IndexError), headers in headers, figures beyond any size
            raise ValueError("an archive that nobody packed") from error


def _unpack(folder: Path, archive: bytes, read_as: Literal["r|", "r|gz"]) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode=read_as) as opened:
        total = 0
        for number, member in enumerate(opened):
            total += member.size  # a sparse file's is larger than what came out
            if number > MAX_FILES or total > MAX_UNPACKED_BYTES or member.size < 0:
                raise ValueError("too much, or less than nothing")
            file = opened.extractfile(member) if member.isreg() else None
            if file is not None:
                path = folder / _inside(member.name)
                _make_folders(path.parent, folder)
                _write(path, file, member.mode)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) > _MAX_DEPTH:
        raise ValueError("a path that leads out")
    return path


def _make_folders(path: Path, root: Path) -> None:
    """Down to `path`; the box's uid must see into each, whatever this server's umask says."""
    for part in reversed((path, *path.parents)):
        if part.is_relative_to(root) and part != root:
            part.mkdir(exist_ok=True)
            part.chmod(0o755)


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, _COPY_BYTES)
    path.chmod(0o755 if mode & 0o100 else 0o644)
