"""Tests in a zip: looked through before anything is stored, read piece by piece afterwards."""

import asyncio
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import IO

from application.use_cases.add_test_cases import NewData, NewTestCase
from domain.challenge import MAX_TEST_DATA_BYTES, MAX_TEST_NAME_LENGTH, Visibility
from domain.text import is_one_line
from entrypoints.http.bodies import MIB
from entrypoints.http.problems import FieldError, Refused

MAX_PACKED = 64 * MIB
MAX_UNPACKED = 512 * MIB
MAX_ENTRIES = 10_000
MAX_REPORTED = 50
MAX_PATH_LENGTH = 1_000
"""Of an entry, in characters: longer ones are not even looked at."""
_MAX_DIRECTORY = 4 * MIB
"""Of the archive's table of contents, which is read into memory."""
_PIECE = 256 * 1024
_END = struct.Struct("<4s4H2LH")
_END_MARK, _ZIP64_MARK = b"PK\x05\x06", b"PK\x06\x07"
_ZIP64_SIZE = 20
_MAX_COMMENT = 0xFFFF
_INPUT, _ANSWERS = ".in", frozenset({".out", ".ans"})
_FOLDERS = {"sample": Visibility.PUBLIC, "secret": Visibility.HIDDEN}
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of the archive: how it is paired, and how it is shown when it is wrong."""

    info: zipfile.ZipInfo
    path: PurePosixPath


async def tests_in(file: IO[bytes], default: Visibility) -> Sequence[NewTestCase]:
    """The tests of the archive, checked to the last byte. Blocking work is done in threads.

    Raises:
        Refused: 422, with every wrong entry named (the first 50 of them).
    """
    return await asyncio.to_thread(_tests_in, file, default)


def _tests_in(file: IO[bytes], default: Visibility) -> Sequence[NewTestCase]:
    size = _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, OSError):
        raise _refused([_wrong("", "is not a zip archive")]) from None
    infos = _infos(archive, size)
    wrong: list[FieldError] = []
    entries = _entries(infos, wrong)
    pairs = _pairs(entries, wrong)
    for entry in entries:
        if not wrong and (damage := _damage(archive, entry.info)) is not None:
            wrong.append(_wrong(entry.info.orig_filename, damage))
    if not entries and not wrong:
        wrong.append(_wrong("", "has no tests in it"))
    if wrong:
        raise _refused(wrong)
    return [_test(archive, given, wanted, default) for given, wanted in pairs]


def _infos(archive: zipfile.ZipFile, size: int) -> Sequence[zipfile.ZipInfo]:
    """The table of contents of an archive of that size, if it can be true and is not too much."""
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise _refused([_wrong("", f"has more than {MAX_ENTRIES} entries")])
    if sum(info.compress_size for info in infos) > size:
        raise _refused([_wrong("", "has entries that overlap")])
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise _refused([_wrong("", f"is over {MAX_UNPACKED} bytes when unpacked")])
    return infos


def _check_directory(file: IO[bytes]) -> int:
    """The file's size, after its table of contents is seen not to fill the memory when read."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - _END.size - _MAX_COMMENT - _ZIP64_SIZE))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(tail):
        raise _refused([_wrong("", "is not a zip archive")])
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, at)
    if _ZIP64_MARK in tail[max(0, at - _ZIP64_SIZE) : at]:
        raise _refused([_wrong("", "is in the zip64 format, which no archive of this size needs")])
    if count > MAX_ENTRIES:
        raise _refused([_wrong("", f"has more than {MAX_ENTRIES} entries")])
    if directory > _MAX_DIRECTORY:
        raise _refused([_wrong("", "has too long a table of contents")])
    file.seek(0)
    return size


def _entries(infos: Sequence[zipfile.ZipInfo], wrong: list[FieldError]) -> Sequence[_Entry]:
    """The files that count, each looked at by itself; what is wrong goes to `wrong`."""
    seen: set[PurePosixPath] = set()
    found: list[_Entry] = []
    for info in infos:
        if (complaint := _complaint(info)) is not None:
            wrong.append(_wrong(info.orig_filename, complaint))
            continue
        path = PurePosixPath(unicodedata.normalize("NFC", info.orig_filename))
        if info.is_dir() or _is_ignored(path):
            continue
        if path in seen:
            wrong.append(_wrong(info.orig_filename, "is there twice"))
            continue
        seen.add(path)
        found.append(_Entry(info, path))
    return found


def _complaint(info: zipfile.ZipInfo) -> str | None:
    """What is wrong with an entry by what the table of contents says of it, or None."""
    name = info.orig_filename
    if len(name) > MAX_PATH_LENGTH:
        return "has too long a name"
    parts = name.split("/")
    checks = (
        (not name or (not name.endswith("/") and not PurePosixPath(name).name), "has no name"),
        (name.startswith("/") or name[1:2] == ":", "has an absolute name"),
        (".." in parts, "leads out of the archive"),
        ("\\" in name, "has a backslash in its name"),
        ("\0" in name, "has a NUL in its name"),
        (_is_link(info), "is no plain file but a link or a device"),
        (bool(info.flag_bits & _ENCRYPTED), "is encrypted"),
        (info.compress_type not in _METHODS, "is packed in a way that is not read here"),
        (info.file_size > MAX_TEST_DATA_BYTES, f"is over {MAX_TEST_DATA_BYTES} bytes"),
    )
    return next((complaint for is_so, complaint in checks if is_so), None)


def _is_link(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in {0, stat.S_IFREG, stat.S_IFDIR}


def _is_ignored(path: PurePosixPath) -> bool:
    """What machines add by themselves: dot files, and folders of macOS."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def _pairs(entries: Sequence[_Entry], wrong: list[FieldError]) -> Sequence[tuple[_Entry, _Entry]]:
    """Each input with its one answer; what has no partner goes to `wrong`."""
    inputs: dict[PurePosixPath, _Entry] = {}
    answers: dict[PurePosixPath, _Entry] = {}
    for entry in entries:
        stem = entry.path.with_suffix("")
        if entry.path.suffix == _INPUT:
            inputs[stem] = entry
        elif entry.path.suffix not in _ANSWERS:
            wrong.append(_wrong(entry.info.orig_filename, "is neither .in nor .out nor .ans"))
        elif stem in answers:
            wrong.append(_wrong(entry.info.orig_filename, "is a second answer to the same input"))
        else:
            answers[stem] = entry
        name = _name_of(entry.path)
        if len(name) > MAX_TEST_NAME_LENGTH or not is_one_line(name):
            wrong.append(_wrong(entry.info.orig_filename, "has a name that cannot be shown"))
    alone = inputs.keys() ^ answers.keys()
    wrong.extend(_unpaired(entry) for stem, entry in (inputs | answers).items() if stem in alone)
    return [(entry, answers[stem]) for stem, entry in inputs.items() if stem in answers]


def _unpaired(entry: _Entry) -> FieldError:
    missing = ".out or .ans" if entry.path.suffix == _INPUT else ".in"
    return _wrong(entry.info.orig_filename, f"has no {missing} beside it")


def _damage(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str | None:
    """What is wrong with the content, read to its end as it will be read again, or None."""
    read = 0
    try:
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                read += len(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        return "is damaged"
    return None if read == info.file_size else "is not as long as it says"


def _test(
    archive: zipfile.ZipFile, given: _Entry, wanted: _Entry, default: Visibility
) -> NewTestCase:
    folder = next((part for part in given.path.parts[:-1] if part in _FOLDERS), None)
    return NewTestCase(
        name=_name_of(given.path),
        visibility=default if folder is None else _FOLDERS[folder],
        input=_data(archive, given.info),
        expected_output=_data(archive, wanted.info),
    )


def _name_of(path: PurePosixPath) -> str:
    """`data/secret/group1/01.in` is `group1/01`: what comes after the folder that says how."""
    parts = path.with_suffix("").parts
    depth = next((n for n, part in enumerate(parts[:-1], 1) if part in _FOLDERS), 0)
    return "/".join(parts[depth:])


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NewData:
    return NewData(size_bytes=info.file_size, pieces=partial(_pieces, archive, info))


async def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> AsyncIterator[bytes]:
    stream = await asyncio.to_thread(archive.open, info)
    try:
        while piece := await asyncio.to_thread(stream.read, _PIECE):
            yield piece
    finally:
        stream.close()


def _wrong(name: str, complaint: str) -> FieldError:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in name[:MAX_TEST_NAME_LENGTH])
    return FieldError(pointer="/archive", detail=f"{shown or 'the archive'} {complaint}")


def _refused(wrong: list[FieldError]) -> Refused:
    more = len(wrong) - MAX_REPORTED
    and_more = f" ({more} more are not listed)" if more > 0 else ""
    return Refused(
        422,
        f"The archive is not taken; nothing was changed{and_more}.",
        name="bad-archive",
        errors=wrong[:MAX_REPORTED],
    )
