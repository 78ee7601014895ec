"""Turns its outputs round: reads them, cuts them, makes them tiny, deaf and somebody else's."""

import fcntl
import os

for fd in (1, 2):
    for change in (
        lambda fd: os.fchmod(fd, 0o777),
        lambda fd: os.ftruncate(fd, 0),
        lambda fd: fcntl.fcntl(fd, 1031, 4096),
        lambda fd: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC),
        lambda fd: fcntl.fcntl(fd, fcntl.F_SETOWN, 1),
        lambda fd: fcntl.fcntl(fd, fcntl.F_SETOWN, -1),
        lambda fd: fcntl.flock(fd, fcntl.LOCK_EX),
        lambda fd: os.fchown(fd, 0, 0),
    ):
        try:
            change(fd)
        except OSError:
            pass
    try:
        os.set_blocking(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY), False)
    except OSError:
        pass
print("held")
