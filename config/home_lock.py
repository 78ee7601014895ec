"""One server a home folder: two would take each other's leases for those of their former lives."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.bad_setting import BadSetting


@contextmanager
def locked_home(home: Path | None) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets it go whenever and however this process ends.

    Raises:
        BadSetting: another server holds it.
    """
    if home is None:
        yield
        return
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            problem = f"is in use by another server: {home}"
            raise BadSetting("ASSAY_HOME", problem) from None
        yield
    finally:
        os.close(descriptor)
