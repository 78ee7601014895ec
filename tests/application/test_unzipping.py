"""Zips that strangers make."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest

from application.ports.judge import FileBeside
from application.unzipping import MAX_ENTRIES, BadArchive, unzipped


def zipped(*entries: tuple[str, bytes], mode: int = stat.S_IFREG | 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def test_files_come_with_their_folders_and_modes() -> None:
    found = unzipped(zipped(("a/b.txt", b"x"), ("c", b"")), most_bytes=1)
    assert found == (FileBeside(path="a/b.txt", content=b"x"), FileBeside(path="c", content=b""))
    (script,) = unzipped(zipped(("run", b""), mode=stat.S_IFREG | 0o755), most_bytes=1)
    assert script.is_executable


def test_entries_of_folders_are_nothing() -> None:
    assert unzipped(zipped(("a/", b"")), most_bytes=1) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"no zip at all" * 100,
        zipped(("a", b"x" * 100))[:60],
        zipped(("../a", b"")),
        zipped(("/etc/passwd", b"")),
        zipped(("a/../../b", b"")),
        zipped(("a\\b", b"")),
        zipped(("a\nb", b"")),
        zipped(("x" * 256, b"")),
        zipped(("/".join("x" * 16), b"")),
        zipped(("a", b""), ("a/b", b"")),
        zipped(("link", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
        zipped(("pipe", b""), mode=stat.S_IFIFO | 0o644),
        zipped(("device", b""), mode=stat.S_IFCHR | 0o644),
        zipped(*((f"{n}", b"") for n in range(MAX_ENTRIES + 1))),
        zipped(("bomb", b"\0" * 2_000_000)),
        zipped(*((f"{n}", b"\0" * 100_000) for n in range(11))),
        zipped(("a", b"content")).replace(b"a", b"b", 1),
    ],
)
def test_what_cannot_be_trusted_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(BadArchive):
        unzipped(data, most_bytes=1_000_000)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(BadArchive):
        unzipped(zipped(("a", b"1"), ("./a", b"2")), most_bytes=100)


def test_a_size_that_is_a_lie_does_not_let_more_in() -> None:
    data = bytearray(zipped(("a", b"\0" * 100_000)))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        unzipped(bytes(data), most_bytes=50)


def test_a_place_beyond_all_files_is_damage() -> None:
    raw = zipped(("a", b"x"))
    begin, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    entry, last = bytearray(raw[begin:end]), bytearray(raw[end:])
    extra = struct.pack("<HHQ", 1, 8, 2**63 + 5)
    struct.pack_into("<H", entry, 30, len(extra))
    struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
    struct.pack_into("<L", last, 12, len(entry) + len(extra))
    with pytest.raises(BadArchive):
        unzipped(raw[:begin] + entry + extra + last, most_bytes=100)


@pytest.mark.parametrize("said", [1, 60_000])
def test_nothing_is_made_of_too_many_entries(said: int) -> None:
    many = 20_000
    form = struct.Struct("<4s4B4HL2L5H2L")
    entries = (form.pack(b"PK\1\2", 20, 3, 20, *[0] * 8, 1, *[0] * 6) + b"a") * many
    data = entries + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, said, said, len(entries), 0, 0)
    tracemalloc.start()
    with pytest.raises(BadArchive, match="more than"):
        unzipped(data, most_bytes=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
