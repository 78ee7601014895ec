"""Becomes another user, another group, and root, in every order."""

import os

for change in (
    lambda: os.setuid(0),
    lambda: os.setgid(0),
    lambda: os.seteuid(0),
    lambda: os.setegid(0),
    lambda: os.setgroups([0]),
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setresgid(0, 0, 0),
    lambda: os.setreuid(61_000, 61_001),
    lambda: os.initgroups("root", 0),
    lambda: os.chroot("/tmp"),
    lambda: os.chown("/tmp", 0, 0),
    lambda: os.nice(-5),
    lambda: os.setpriority(0, 0, -20),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
):
    try:
        change()
        print("ESCAPED")
    except OSError:
        pass
print("held")
