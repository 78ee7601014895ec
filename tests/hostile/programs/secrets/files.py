"""Looks for the host's secrets in all that it can read outside of the system's own folders."""

import os

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/proc", "/etc/alternatives", "/dev")
found = []
for folder, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if not os.path.join(folder, f).startswith(SYSTEM)]
    for name in names:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                found.append(file.read(1 << 20))
        except OSError:
            pass
for secret in (b"MARK" + b"ER", b"root" + b":x", b"PRIVATE " + b"KEY"):
    if any(secret in content for content in found):
        print("ESCAPED:", secret)
for path in (
    "/etc/shadow",
    "/etc/hosts",
    "/root",
    "/home",
    "/var",
    "/run",
    "/sys",
    "/work",
    "/boot",
):
    if os.path.exists(path):
        print("ESCAPED:", path)
print("held")
