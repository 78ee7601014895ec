"""How a checker is called in its box, and what comes out: nothing of it is trusted.

Its folder of feedback leaves the box as tar on a descriptor, and goes into the box of the next pass
as the same bytes, to be unpacked there: this server never opens a path that a box wrote.
"""

import io
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from adapters.sandbox.box import INIT
from domain.checker_report import NEXT_PASS

DATA = "/judge"
INPUT, ANSWER, OUTPUT, EARLIER = "input", "answer", "output", "feedback.tar"
FEEDBACK = "/tmp/feedback/"  # noqa: S108 - the box's own
UNHEEDED = "/tmp/output"  # noqa: S108 - the box's own
"""Where an interactor of testlib's kind may write; nobody reads it."""
MAX_FEEDBACK_BYTES = 8 << 20
"""All that a checker leaves, as tar."""
MAX_STDERR_BYTES = 64 * 1024
HELPERS = 8
"""Processes beside the checker's own."""
_MAX_FILES = 1_000
_UNREADABLE = (
    *(tarfile.TarError, OSError, ValueError, EOFError),
    *(RecursionError, OverflowError, IndexError),  # headers in headers, no end, no such time
)
_COMPLAINTS, _ENDED = "complaints", "ended"
_FLOOD = b"!"
"""Comes before all else where the program has said too much, and as soon as it has."""
TOO_MUCH = f"left more than {MAX_FEEDBACK_BYTES >> 20} MiB of feedback"

_PROLOGUE = f"""\
mkdir {FEEDBACK} || exit 125
[ ! -f {DATA}/{EARLIER} ] || \
tar -xf {DATA}/{EARLIER} -C /tmp --exclude=feedback/{NEXT_PASS} feedback || exit 125
"""
# The file `ended` says when the checker did, as nothing else in a shell can without a process more.
_EPILOGUE = f"""\
code=$?
: >/tmp/{_ENDED}
if [ -n "$copier" ]; then kill $copier; wait $copier; fi
cd /tmp
if [ -s {_COMPLAINTS} ]; then
head -c {MAX_STDERR_BYTES} {_COMPLAINTS} >{_COMPLAINTS}.cut
mv {_COMPLAINTS}.cut {_COMPLAINTS}
fi
tar -cf - --format=posix --hard-dereference \
{_ENDED} {_COMPLAINTS} feedback >&3 2>/dev/null
exit $code
"""
_CALL = f"""\
copier=
exec 3>&1
"$@" 3>&- >/dev/null 2>/tmp/{_COMPLAINTS}
"""
# A named pipe, as the shell would wait for every part of a pipeline.
_TALK = f"""\
exec 3>&2 4<&0 </dev/null 2>/dev/null
mkfifo /tmp/heard || exit 125
limit=$1
shift
{INIT} hear "$limit" <&4 >/tmp/heard 4<&- &
copier=$!
exec 4<&-
"$@" 3>&- </tmp/heard 2>/tmp/{_COMPLAINTS}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a checker left: files of its feedback folder, and what the shell around it noted.

    `ended_ns` is by the monotonic clock, and may be some milliseconds too early, never too late.
    """

    files: Mapping[str, bytes]
    stderr: bytes
    ended_ns: int


class BadFeedback(Exception):
    """It cannot be taken; the text says why, to staff."""


def call(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command of a box in which a checker reads an output; what it left is on descriptor 1."""
    return ("/bin/sh", "-c", _PROLOGUE + _CALL + _EPILOGUE, "sh", *command)


def talk(command: tuple[str, ...], heard_bytes: int) -> tuple[str, ...]:
    """The same of an interactor, which hears no more than that; it is left on descriptor 2.

    What comes is passed on at once, and taken whether or not it reads. When there is more, a mark
    goes ahead of what will be left, and before the interactor sees that nothing comes any more.
    What cannot be passed on, as that has ended, is not counted here.
    """
    return ("/bin/sh", "-c", _PROLOGUE + _TALK + _EPILOGUE, "sh", str(heard_bytes), *command)


def is_flood(said: bytes) -> bool:
    """Whether the program has written more than its interactor was to hear: known at once."""
    return said.startswith(_FLOOD)


def without_mark(said: bytes) -> bytes:
    """The archive of what was left."""
    return said.removeprefix(_FLOOD)


def read_feedback(archive: bytes) -> Left:
    """What is in it.

    Raises:
        BadFeedback: it is broken off, too large, or has too many files.
    """
    if len(archive) >= MAX_FEEDBACK_BYTES:
        raise BadFeedback(f"the checker {TOO_MUCH}")
    try:
        members = _members(archive)
        ended_ns = _monotonic(members[_ENDED][1]) if _ENDED in members else 0
    except _UNREADABLE as error:
        raise BadFeedback(f"what the checker left cannot be read: {error}") from error
    return Left(
        files={
            name.removeprefix("feedback/"): content
            for name, (content, _) in members.items()
            if name.startswith("feedback/")
        },
        stderr=members.get(_COMPLAINTS, (b"", 0))[0],
        ended_ns=ended_ns,
    )


def _members(archive: bytes) -> dict[str, tuple[bytes, float]]:
    """Of each regular file its content, and when it was last written."""
    found: dict[str, tuple[bytes, float]] = {}
    left = MAX_FEEDBACK_BYTES
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as opened:
        for number, member in enumerate(opened):
            left -= max(member.size, 0)  # a sparse file's is larger than what came out
            if number > _MAX_FILES or left < 0:
                raise BadFeedback(f"the checker left more than {_MAX_FILES} files, or {TOO_MUCH}")
            content = opened.extractfile(member) if member.isreg() else None
            if content is not None:
                found[member.name] = content.read(MAX_FEEDBACK_BYTES), member.mtime
    return found


def _monotonic(written_s: float) -> int:
    """A moment of the other clock; both are this machine's, and no time to speak of has passed."""
    return int(Fraction(written_s) * 10**9) - (time.time_ns() - time.monotonic_ns())
