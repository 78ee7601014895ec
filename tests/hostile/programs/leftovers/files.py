"""Leaves its number wherever it can write, names and rights included, and looks for others'."""

import os
import stat

own = input()
for folder, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in {"/proc", "/usr"}]
    for name in names:
        if name.startswith("left-") and name != f"left-{own}":
            print("ESCAPED: found", folder, name)
    for path in (folder, *(os.path.join(folder, name) for name in names)):
        try:
            with open(os.path.join(folder, f"left-{own}"), "w") as file:
                file.write(own)
            os.utime(path, (int(own), int(own)))
            os.chmod(path, 0o777 if stat.S_ISDIR(os.stat(path).st_mode) else 0o666)
            os.setxattr(path, "user.left", own.encode())
        except OSError:
            pass
print("held")
