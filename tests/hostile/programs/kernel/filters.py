"""Filters of its own over calls, which could stop the sandbox's from being asked, and modes."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
TAKE_OFF = {
    "seccomp to none": (22, 0),
    "new privileges again": (38, 0),
    "capabilities by ambient": (47, 2, 21),
    "kept capabilities": (8, 1),
    "securebits": (28, 0),
    "other memory map": (35, 1, 0x10000),
}
for name, words in TAKE_OFF.items():
    result = libc.prctl(*words, *[0] * (5 - len(words)))
    if result == 0 and name not in {"kept capabilities"}:
        print("ESCAPED:", name)
with open("/proc/self/status") as status:
    found = {line.partition(":")[0]: line.partition(":")[2].strip() for line in status}
if (found["NoNewPrivs"], found["Seccomp"], found["CapBnd"].strip("0")) != ("1", "2", ""):
    print("ESCAPED:", found)
print("held")
