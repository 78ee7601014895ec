"""Empty files with long names: nothing in them, and yet they are kept somewhere."""

import os

for number in range(1 << 30):
    os.mkdir(f"/tmp/{number}{'x' * 200}")
