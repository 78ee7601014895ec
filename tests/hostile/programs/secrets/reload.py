"""Other tests' inputs: all memory files, pipes and folders that it could reach by any link."""

import os

read = os.read(0, 100)
links = set()
for base, _, names in os.walk("/proc/self/task"):
    for name in names:
        try:
            links.add(os.readlink(os.path.join(base, name)))
        except OSError:
            pass
for fd in os.listdir("/proc/self/fd"):
    try:
        link = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        continue
    if int(fd) > 2 and not link.startswith("/proc/"):
        print("ESCAPED:", fd, link)
os.lseek(0, 0, os.SEEK_SET)
if os.read(0, 100) != read or os.read(0, 1):
    print("ESCAPED: its input goes on")
print("held")
