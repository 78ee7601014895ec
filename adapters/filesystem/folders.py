"""What stores in folders share: work in threads, names that last, turns between processes."""

import asyncio
import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from application.ports.storage import StoreUnavailable

WHAT = "the folder of blobs"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OUTAGES = frozenset(
    {errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS, errno.ESTALE}
)
"""What may pass without anyone's changing the program or its configuration."""

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


async def in_thread(
    work: Callable[_Given, _Result], *arguments: _Given.args, **named: _Given.kwargs
) -> _Result:
    """What the work gives, done in a thread.

    Raises:
        StoreUnavailable: the disk is full, broken or away; other OSErrors are raised as they are.
    """
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except OSError as error:
        if error.errno in _OUTAGES:
            raise StoreUnavailable(WHAT) from error
        raise


def make_folder(folder: Path) -> None:
    """Make it and what is missing above it, durably, for its owner alone."""
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in it durable."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone in the folder, among all that ask for it, in whatever process."""
    with _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def entries(folder: Path) -> Sequence[Path]:
    """What is in it; nothing if it is not there."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def nanoseconds(moment: datetime) -> int:
    """Since 1970, as files have it."""
    return (moment - _EPOCH) // _MICROSECOND * 1_000


def modified_at(status: os.stat_result) -> datetime:
    """When a file was changed, or was said to be."""
    return _EPOCH + status.st_mtime_ns // 1_000 * _MICROSECOND


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
