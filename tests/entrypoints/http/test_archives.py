"""Tests in a zip: what is taken, and every archive that is not."""

import io
import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from entrypoints.http import archive
from tests.entrypoints.http.house import House, Json, Person, a_challenge, problem

PAIR = {"a.in": b"1\n", "a.out": b"2\n"}


async def test_pairs_become_tests_as_their_folders_say(house: House) -> None:
    admin, path = await an_upload(house)
    files = {
        "data/": b"",
        "data/sample/1.in": b"s",
        "data/sample/1.out": b"S",
        "data/secret/group1/10.in": b"t",
        "data/secret/group1/10.ans": b"T",
        "data/secret/group1/2.in": b"u",
        "data/secret/group1/2.ans": b"U",
        "loose.in": b"l",
        "loose.out": b"L",
        "__MACOSX/data/sample/._1.in": b"junk",
        ".DS_Store": b"junk",
        "data/.hidden/x.in": b"junk",
    }

    answer = await send(admin, path, zipped(files))

    assert answer.status_code == 201, answer.text
    assert answer.json()["version"] == 2
    listed = (await admin.client.get(path)).json()["items"]
    assert [(test["name"], test["visibility"]) for test in listed] == [
        ("1", "public"),
        ("group1/2", "hidden"),
        ("group1/10", "hidden"),
        ("loose", "hidden"),
    ]


async def test_the_form_says_what_loose_pairs_are_and_what_becomes_of_the_others(
    house: House,
) -> None:
    admin, path = await an_upload(house)
    await send(admin, path, zipped({"old.in": b"", "old.out": b""}))

    answer = await send(admin, path, zipped(PAIR), mode="replace", visibility="public")

    assert answer.json()["items"][0]["visibility"] == "public"
    assert [t["name"] for t in (await admin.client.get(path)).json()["items"]] == ["a"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
async def test_large_data_comes_back_whole(house: House, method: int) -> None:
    admin, path = await an_upload(house)
    content = bytes(range(256)) * 8_000

    answer = await send(admin, path, zipped({"a.in": content, "a.out": b""}, method))

    test = answer.json()["items"][0]
    got = await admin.client.get(f"/admin/testcases/{test['id']}/input")
    assert got.content == content
    assert test["expected_output"]["size_bytes"] == 0


def link(name: str) -> bytes:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped_infos({info: b"/etc/passwd", zipfile.ZipInfo("a.out"): b""})


def zipped_infos(infos: Mapping[zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for info, content in infos.items():
            made.writestr(info, content)
    return target.getvalue()


def patched(content: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """The archive with some bytes behind the first `mark` replaced."""
    at = content.index(mark) + offset
    return content[:at] + value + content[at + len(value) :]


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def twice() -> bytes:
    """Two entries whose names are the same once normalised."""
    return zipped({"\u00e9.in": b"", "e\u0301.in": b"", "\u00e9.out": b""})


def shorter_than_it_is() -> bytes:
    """An entry that says 4 bytes and unpacks to many, in both its headers."""
    content = zipped({"a.in": b"x" * 100_000, "a.out": b""}, zipfile.ZIP_DEFLATED)
    content = patched(content, LOCAL, 22, struct.pack("<L", 4))
    return patched(content, CENTRAL, 24, struct.pack("<L", 4))


def longer_than_it_is() -> bytes:
    content = zipped(PAIR)
    content = patched(content, LOCAL, 22, struct.pack("<L", 40))
    return patched(content, CENTRAL, 24, struct.pack("<L", 40))


def wrong_checksum() -> bytes:
    content = patched(zipped(PAIR), LOCAL, 14, b"\0\0\0\0")
    return patched(content, CENTRAL, 16, b"\0\0\0\0")


def encrypted() -> bytes:
    content = patched(zipped(PAIR), LOCAL, 6, b"\x01\x00")
    return patched(content, CENTRAL, 8, b"\x01\x00")


def many_entries() -> bytes:
    return zipped({f"{number}.in": b"" for number in range(10_001)})


def bomb() -> bytes:
    """Ten entries of 60 MiB of zeros, each packed to 60 KiB."""
    big = b"\0" * (60 * 1024 * 1024)
    return zipped({f"{number}.in": big for number in range(10)}, zipfile.ZIP_DEFLATED)


def too_big_a_file() -> bytes:
    big = b"\0" * (64 * 1024 * 1024 + 1)
    return zipped({"a.in": big, "a.out": b""}, zipfile.ZIP_DEFLATED)


def overlapping() -> bytes:
    """Two entries of the table of contents that share one place in the file."""
    content = zipped({"a.in": b"1", "b.in": b"2", "a.out": b"", "b.out": b""})
    second = content.index(CENTRAL, content.index(CENTRAL) + 1)
    return content[: second + 42] + b"\0\0\0\0" + content[second + 46 :]


def overlapping_and_large() -> bytes:
    """A hundred entries that all say that they are the one long stream."""
    content = zipped({"0.in": os.urandom(50_000), **{f"{n}.out": b"" for n in range(99)}})
    at = content.index(CENTRAL)
    while at >= 0:
        content = content[: at + 20] + struct.pack("<LL", 50_000, 50_000) + content[at + 28 :]
        at = content.find(CENTRAL, at + 1)
    return content


def long_directory() -> bytes:
    """A table of contents that says that it is 3 GiB long."""
    return patched(zipped(PAIR), END, 12, struct.pack("<L", 3 * 1024**3))


def nameless() -> bytes:
    """An entry whose name is empty."""
    return zipped_infos({zipfile.ZipInfo(""): b""})


REFUSED: list[tuple[Callable[[], bytes], str]] = [
    (lambda: zipped({"../a.in": b"", "a.out": b""}), "leads out"),
    (lambda: zipped({"x/../../a.in": b"", "a.out": b""}), "leads out"),
    (lambda: zipped({"..": b""}), "leads out"),
    (lambda: zipped({"a/..": b""}), "leads out"),
    (lambda: zipped({".": b""}), "no name"),
    (lambda: zipped({"./.": b""}), "no name"),
    (nameless, "no name"),
    (lambda: zipped({"a" * 1_001 + ".in": b""}), "too long a name"),
    (lambda: zipped({"a" * 256 + ".in": b"", "a" * 256 + ".out": b""}), "cannot be shown"),
    (lambda: zipped({"/etc/a.in": b"", "a.out": b""}), "absolute"),
    (lambda: zipped({"C:/a.in": b"", "a.out": b""}), "absolute"),
    (lambda: zipped({"x\\a.in": b"", "a.out": b""}), "backslash"),
    (lambda: link("a.in"), "link"),
    (twice, "twice"),
    (lambda: zipped({**PAIR, "a.ans": b""}), "second answer"),
    (lambda: zipped({"a.in": b""}), "no .out"),
    (lambda: zipped({"a.out": b""}), "no .in"),
    (lambda: zipped({**PAIR, "readme.txt": b""}), "neither"),
    (lambda: zipped({}), "no tests"),
    (lambda: zipped({"\x01.in": b"", "\x01.out": b""}), "cannot be shown"),
    (lambda: zipped(PAIR, zipfile.ZIP_LZMA), "not read here"),
    (encrypted, "encrypted"),
    (shorter_than_it_is, "damaged"),
    (longer_than_it_is, "not as long as it says"),
    (wrong_checksum, "damaged"),
    (overlapping, "damaged"),
    (overlapping_and_large, "overlap"),
    (many_entries, "more than 10000"),
    (long_directory, "table of contents"),
    (bomb, "when unpacked"),
    (too_big_a_file, "is over"),
    (lambda: b"", "not a zip"),
    (lambda: b"not a zip at all", "not a zip"),
    (lambda: zipped(PAIR)[:-30], "not a zip"),
    (lambda: zipped(PAIR)[40:], "damaged"),
]


@pytest.mark.parametrize(("build", "complaint"), REFUSED)
async def test_a_bad_archive_changes_nothing_and_says_why(
    house: House, build: Callable[[], bytes], complaint: str
) -> None:
    admin, path = await an_upload(house)

    answer = await send(admin, path, build())

    found = problem(answer, 422, "bad-archive")
    assert complaint in "\n".join(error["detail"] for error in found["errors"])
    assert (await admin.client.get(path)).json()["items"] == []
    assert [stored async for stored in house.world.blobs.list()] == []


async def test_every_wrong_entry_is_named_up_to_fifty(house: House) -> None:
    admin, path = await an_upload(house)

    answer = await send(admin, path, zipped({f"{n}.txt": b"" for n in range(60)}))

    found = problem(answer, 422)
    assert len(found["errors"]) == archive.MAX_REPORTED
    assert "10 more" in found["detail"]


async def test_an_upload_leaves_no_file_behind(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    admin, path = await an_upload(house)

    await send(admin, path, zipped({"a.in": bytes(3_000_000), "a.out": b""}, zipfile.ZIP_STORED))
    await send(admin, path, bytes(3_000_000))

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - short, and nobody waits for it


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"mode": "merge"}, "/mode"),
        ({"visibility": "secret"}, "/visibility"),
        ({"extra": "1"}, "/extra"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(
    house: House, fields: dict[str, str], pointer: str
) -> None:
    admin, path = await an_upload(house)

    answer = await send(admin, path, zipped(PAIR), headers=None, **fields)

    assert problem(answer, 422)["errors"][0]["pointer"] == pointer


async def test_a_form_without_a_file_is_refused(house: House) -> None:
    admin, path = await an_upload(house)

    answer = await admin.client.post(path, files={"archive": (None, b"text")})

    assert problem(answer, 422)["errors"][0]["pointer"] == "/archive"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data; name=mode\r\n",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="mode"\r\n\r\n\xff\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            (
                b'--b\r\nContent-Disposition: form-data; name="mode"\r\n'
                b"Content-Type: text/plain; charset=nonsense\r\n\r\nx\r\n--b--\r\n"
            ),
        ),
    ],
)
async def test_a_broken_form_is_malformed(house: House, content_type: str, body: bytes) -> None:
    admin, path = await an_upload(house)

    answer = await admin.client.post(path, content=body, headers={"Content-Type": content_type})

    problem(answer, 400)


async def test_an_archive_over_64_mib_is_too_large(house: House) -> None:
    admin, path = await an_upload(house)

    answer = await send(admin, path, bytes(64 * 1024 * 1024 + 1))

    problem(answer, 413)


async def test_the_same_archive_again_is_the_same_upload(house: House) -> None:
    admin, path = await an_upload(house)
    headers = {"Idempotency-Key": "k"}
    content = zipped(PAIR)

    one = await send(admin, path, content, headers=headers)
    again = await send(admin, path, content, headers=headers)
    other = await send(admin, path, zipped({**PAIR, "b.in": b"", "b.out": b""}), headers=headers)

    assert one.json() == again.json()
    problem(other, 422, "idempotency-key-reused")
    assert (await admin.client.get(path)).json()["total"] == 1


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


async def an_upload(house: House) -> tuple[Person, str]:
    admin = await house.admin()
    challenge: Json = await a_challenge(admin, tests=[])
    return admin, f"/admin/challenges/{challenge['id']}/testcases"


async def send(
    admin: Person,
    path: str,
    content: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    **fields: str,
) -> httpx.Response:
    files = {"archive": ("tests.zip", content, "application/zip")}
    return await admin.client.post(path, files=files, data=fields, headers=headers)
