"""Ends, stops and queues signals to every process number but its own, its parent's first of all."""

import os
import signal

own = os.getpid()
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGCHLD, 35):
    for pid in [os.getppid(), *range(1, 10_000)]:
        if pid in {0, own}:
            continue
        try:
            os.kill(pid, number)
            if pid != 1:
                print("ESCAPED: there is", pid)
        except ProcessLookupError:
            pass
        except PermissionError:
            print("ESCAPED: another's process is seen:", pid)
print("held")
