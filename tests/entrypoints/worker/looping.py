"""A program that does not end before it is told to, for a supervisor: `looping.py FILE`."""

import os
import signal
import sys
from pathlib import Path

with Path(sys.argv[1]).open("a") as file:
    file.write(f"{os.getpid()}\n")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()
