"""Files out of a zip that a stranger made."""

import io
import stat
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from application.ports.judge import FileBeside

MAX_ENTRIES = 1_000
_MAX_DEPTH = 15
_MAX_PATH_LENGTH = 255
_PIECE = 1 << 16
_ENCRYPTED = 0x1
_END_SIZE = 22
_END_MARK, _ENTRY_MARK, _LARGE_MARK = b"PK\5\6", b"PK\1\2", b"PK\6\7"
_LARGE_SIZE = 20
_LONGEST_COMMENT = 1 << 16
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# What zipfile raises for archives that are damaged, encrypted, or packed in a way it does not know.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError,
           OverflowError, NotImplementedError, RuntimeError)  # fmt: skip


class BadArchive(Exception):
    """It is damaged, too much, or would lead out of its folder; `problem` says which."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def unzipped(data: bytes, *, most_bytes: int) -> tuple[FileBeside, ...]:
    """The files of the archive, `most_bytes` of them together at most. It may take a while.

    Raises:
        BadArchive: not one file of it can be trusted.
    """
    try:
        if _entries(data) > MAX_ENTRIES:
            raise BadArchive(f"has more than {MAX_ENTRIES} entries")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            return _files(archive, [info for info in infos if not info.is_dir()], most_bytes)
    except _DAMAGE:
        raise BadArchive("is not a zip archive that can be read") from None


def _entries(data: bytes) -> int:
    """How many there may be, seen before anything is made of them; what is said may be a lie."""
    at = len(data) - _END_SIZE
    if at < 0 or data[at : at + 4] != _END_MARK or data[-2:] != b"\0\0":
        at = data.rfind(_END_MARK, max(0, at - _LONGEST_COMMENT))
    if at < 0:
        raise zipfile.BadZipFile
    if data.startswith(_LARGE_MARK, max(0, at - _LARGE_SIZE)):
        raise BadArchive("is of the kind for more than 4 GiB")
    if len(data) - at < _END_SIZE:
        raise zipfile.BadZipFile
    said = int.from_bytes(data[at + 10 : at + 12], "little")
    size = int.from_bytes(data[at + 12 : at + 16], "little")
    return max(said, data.count(_ENTRY_MARK, max(0, at - size), at))


def _files(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], most_bytes: int
) -> tuple[FileBeside, ...]:
    left = most_bytes
    found: dict[str, FileBeside] = {}
    for info in infos:
        path = _checked(info)
        if path in found:
            raise BadArchive("has two entries of one name")
        content = _content(archive, info, left)
        if len(content) > left:
            raise BadArchive(f"holds more than {most_bytes} bytes")
        left -= len(content)
        is_executable = bool(info.external_attr >> 16 & stat.S_IXUSR)
        found[path] = FileBeside(path=path, content=content, is_executable=is_executable)
    folders = {str(parent) for path in found for parent in PurePosixPath(path).parents}
    if folders & found.keys():
        raise BadArchive("has a file that is a folder, too")
    return tuple(found.values())


def _checked(info: zipfile.ZipInfo) -> str:
    """The entry's path, if it names a plain file inside."""
    path = PurePosixPath(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise BadArchive("has an entry that is no plain file")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise BadArchive("is encrypted, or packed in a way that is not read here")
    is_inside = not path.is_absolute() and ".." not in path.parts and path.parts
    if not is_inside or len(path.parts) > _MAX_DEPTH or len(str(path)) > _MAX_PATH_LENGTH:
        raise BadArchive("has an entry whose name leads out, or too deep")
    if not str(path).isprintable() or "\\" in str(path):
        raise BadArchive("has an entry whose name is no plain text")
    return str(path)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """What it holds, read no further than one piece beyond `most`: its size may be a lie."""
    content = bytearray()
    with archive.open(info) as opened:
        while len(content) <= most and (piece := opened.read(_PIECE)):
            content += piece
    return bytes(content)
