"""A folder in a folder in a folder: whoever would clear that up would have much to do."""

import os

os.chdir("/tmp")
try:
    for _ in range(20_000):
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
print("held")
