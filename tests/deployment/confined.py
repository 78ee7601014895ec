"""Becomes another program under a seccomp profile in Docker's format, as a container's start does.

python -m tests.deployment.confined PROFILE PROGRAM ARGUMENTS...
"""

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_COMPARISONS = {"SCMP_CMP_NE": 1, "SCMP_CMP_EQ": 4}
_UNKNOWN = -1


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("mask", ctypes.c_uint64),
    )


def main() -> None:
    profile, *command = sys.argv[1:]
    confine(json.loads(Path(profile).read_text("utf-8")))
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


def confine(profile: dict[str, Any]) -> None:
    """Put this process, and all that it becomes or starts, under the profile."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_ERRNO | profile["defaultErrnoRet"]))
    for entry in profile["syscalls"]:
        if entry["action"] != "SCMP_ACT_ALLOW":
            raise AssertionError(f"this test reads only an allow-list, not {entry['action']}")
        comparisons = [_comparison(one) for one in entry.get("args", ())]
        array = (_Comparison * len(comparisons))(*comparisons)
        for name in entry["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number != _UNKNOWN:  # a newer call than this library: Docker leaves it out as well
                failed = library.seccomp_rule_add_array(
                    context, _ALLOW, number, len(comparisons), array
                )
                if failed:
                    raise AssertionError(f"{name}: {os.strerror(-failed)}")
    if failed := library.seccomp_load(context):
        raise AssertionError(f"the profile was not taken: {os.strerror(-failed)}")


def _comparison(one: dict[str, Any]) -> _Comparison:
    return _Comparison(one["index"], _COMPARISONS[one["op"]], one["value"], 0)


if __name__ == "__main__":
    main()
