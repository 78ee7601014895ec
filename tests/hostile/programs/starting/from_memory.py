"""Starts a program that is in no folder, and one through the loader, to be more than it was."""

import os
import shutil
import subprocess

file = os.memfd_create("program", 0)
with open("/usr/bin/id", "rb") as program:
    os.write(file, program.read())
os.fchmod(file, 0o6755)
for command in (
    [f"/proc/self/fd/{file}", "-u"],
    ["/lib64/ld-linux-x86-64.so.2", "/usr/bin/id", "-u"],
):
    done = subprocess.run(command, pass_fds=[file], capture_output=True, check=False)
    if done.stdout.strip() not in {b"", b"1000"}:
        print("ESCAPED:", command, done.stdout)
shutil.copy("/usr/bin/id", "/tmp/id")
print("held")
