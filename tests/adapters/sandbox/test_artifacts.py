"""Archives as a hostile compiler or checker would write them: what leaves a box is only bytes."""

import io
import tarfile
from pathlib import Path

import pytest

from adapters.sandbox.artifacts import unpack
from adapters.sandbox.feedback import BadFeedback, read_feedback

REFUSALS = (ValueError, OSError, tarfile.TarError)


def member(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", **set_to: str) -> bytes:
    head = tarfile.TarInfo(name)
    head.type, head.size = kind, len(content)
    if kind in {tarfile.LNKTYPE, tarfile.SYMTYPE}:
        head.linkname = "/etc/shadow"
    head.pax_headers = {key.replace("_", "."): value for key, value in set_to.items()}
    made = head.tobuf(format=tarfile.PAX_FORMAT if set_to else tarfile.GNU_FORMAT)
    return made + content.ljust(-(-len(content) // 512) * 512, b"\0")


def sparse(name: str, size: int) -> bytes:
    """Some bytes that say that they stand for very many."""
    said = {"GNU.sparse.size": str(size), "GNU.sparse.numblocks": "0", "GNU.sparse.map": ""}
    return member(name, tarfile.REGTYPE, b"", **said)


def endless() -> bytes:
    """The head of a sparse file of GNU's old kind, which says that more of it follows."""
    head = bytearray(tarfile.TarInfo("main").tobuf(format=tarfile.GNU_FORMAT))
    head[156:157], head[482:483], head[148:156] = b"S", b"\1", b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


END = bytes(1024)
PLANTED = {
    "a symbolic link": member("main", tarfile.SYMTYPE),
    "a hard link": member("main", tarfile.LNKTYPE),
    "a FIFO": member("main", tarfile.FIFOTYPE),
    "a device": member("main", tarfile.CHRTYPE),
    "a disk": member("main", tarfile.BLKTYPE),
    "a link and then a file": member("main", tarfile.SYMTYPE) + member("main", content=b"x"),
    "a link and then a file beneath": member("x", tarfile.SYMTYPE) + member("x/y", content=b"x"),
}
REFUSED = {
    "an absolute name": member("/etc/cron.d/x", content=b"x"),
    "a name that leads out": member("../../x", content=b"x"),
    "a name that leads out in the middle": member("a/../../x", content=b"x"),
    "the folder itself": member(".", content=b"x"),
    "a name with a NUL": member("x", path="a\0b", content=b"x"),
    "a very long name": member("x", path="x" * 5000, content=b"x"),
    "very many folders": member("/".join("d" * 500), content=b"x"),
    "very many files": b"".join(member(str(n)) for n in range(5_100)),
    "a terabyte of nothing": sparse("main", 1 << 40),
    "headers in headers": member("x", b"L", b"y") * 2_000 + member("x"),
    "pages in pages": member("x", b"x") * 2_000 + member("x"),
    "less than nothing": member("main", size="-5", content=b"x"),
    "half of one": member("main", content=b"x" * 5_000)[:1_024],
    "no archive": b"hello" * 500,
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_no_file_is_left_out(what: str, tmp_path: Path) -> None:
    unpack(tmp_path, PLANTED[what] + END, ())

    found = [path for path in tmp_path.rglob("*") if path.is_symlink() or not path.is_dir()]
    assert all(path.is_file() and not path.is_symlink() for path in found)
    assert all(path.stat().st_nlink == 1 and path.read_bytes() == b"x" for path in found)


@pytest.mark.parametrize("what", REFUSED)
def test_an_archive_that_nobody_packed_is_refused(what: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()

    with pytest.raises(REFUSALS):
        unpack(inside, REFUSED[what] + END, ())

    assert list(tmp_path.iterdir()) == [inside]


def test_rights_are_ours_to_give(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        head = tarfile.TarInfo("main")
        head.mode, head.uid = 0o6777, 0
        archive.addfile(head)

    unpack(tmp_path, buffer.getvalue(), ())

    assert (tmp_path / "main").stat().st_mode & 0o7777 == 0o755


FEEDBACK = {
    "a time that is no number": member("ended", mtime="nan"),
    "a time that never comes": member("ended", mtime="inf"),
    "headers in headers": member("x", b"L", b"y") * 2_000 + member("ended"),
    "gigabytes of nothing": b"".join(sparse(f"feedback/{n}", 8 << 20) for n in range(900)),
    "no archive": b"hello" * 500,
}


def test_an_archive_that_ends_within_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(REFUSALS):
        unpack(tmp_path, endless(), ())
    with pytest.raises(BadFeedback):
        read_feedback(endless())


@pytest.mark.parametrize("what", FEEDBACK)
def test_feedback_that_nobody_packed_is_refused(what: str) -> None:
    with pytest.raises(BadFeedback):
        read_feedback(FEEDBACK[what] + END)
