"""Fills files without a name, which are in no folder that could have a limit."""

import os

while True:
    file = os.memfd_create("x")
    for _ in range(8):
        os.write(file, bytes(1 << 20))
