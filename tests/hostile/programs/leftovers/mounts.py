"""What is mounted for the next test, or would be shared with it, is not for this one to touch."""

import os

own = input()
for line in open("/proc/self/mountinfo"):
    fields = line.split()
    if "shared:" in line or "master:" in line:
        print("ESCAPED: what happens in", fields[4], "is passed on")
    writable = "rw" in fields[5].split(",")
    if writable and fields[4] not in {"/proc", "/tmp", "/box", "/dev/shm"}:
        print("ESCAPED: may write to", fields[4])
    if "nosuid" not in fields[5]:
        print("ESCAPED: rights are given in", fields[4])
for folder in ("/tmp", "/box", "/dev/shm"):
    if os.listdir(folder):
        print("ESCAPED: left in", folder, os.listdir(folder))
    with open(f"{folder}/{own}", "w") as file:
        file.write(own)
    os.chmod(folder, 0o000)
print("held")
