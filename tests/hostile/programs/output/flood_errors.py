"""Standard error without end is cut and says nothing of the answer."""

import os

for _ in range(200):
    os.write(2, b"x" * 65_536)
print("held")
