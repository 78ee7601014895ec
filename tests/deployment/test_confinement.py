"""The worker's confinement in compose.yaml, tried: the sandbox works within it, and not with less.

No engine is needed: the seccomp profile is loaded as an engine would, and capabilities are dropped
for good. What only an engine can show is whether it hands both on as compose.yaml asks.
"""

import copy
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.files import DEPLOY, ROOT, services

PROFILE: dict[str, Any] = json.loads((DEPLOY / "worker-seccomp.json").read_text("utf-8"))
PLAIN = [name for entry in PROFILE["syscalls"] if "args" not in entry for name in entry["names"]]
FOR_BOXES = ["clone", "mount", "pivot_root", "sethostname", "umount2", "unshare"]
NEWER_THAN_DEBIAN_12 = {"fchmodat2", "futex_wait", "futex_wake", "map_shadow_stack"}
NOT_FOR_A_WORKER = [
    *("add_key", "bpf", "clock_settime", "clone3", "delete_module", "finit_module", "fsmount"),
    *("init_module", "io_uring_setup", "kcmp", "kexec_load", "keyctl", "mount_setattr"),
    *("move_mount", "open_by_handle_at", "open_tree", "perf_event_open", "process_vm_readv"),
    *("process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "settimeofday"),
    *("setns", "swapon", "syslog", "userfaultfd"),
]
IN_GROUPS = 'for folder in $FOLDERS; do echo $$ >"$folder/cgroup.procs"; done; exec "$@"'


@pytest.fixture
def home() -> Iterator[Path]:
    """Reachable for the uids of boxes, as the image's home folder is."""
    folder = Path(tempfile.mkdtemp(prefix="assay-test-home-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def groups() -> Iterator[list[Path]]:
    """Control groups that belong to root by their modes, as those of a container do."""
    made = [folder for place in _places() if (folder := _made(place)) is not None]
    yield made
    for folder in made:
        folder.rmdir()


def _places() -> list[Path]:
    root = Path("/sys/fs/cgroup")
    unified = root / "unified" if (root / "unified").is_dir() else root
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    return [
        (root / names if names else unified) / path.lstrip("/")
        for _, names, path in lines
        if names in {"", "memory", "pids", "cpu", "cpuacct"}
    ]


def _made(place: Path) -> Path | None:
    folder = place / f"assay-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None  # not ours to write to: then the sandbox of this machine does without, too
    return folder


def doctor(home: Path, groups: list[Path], *confinement: str) -> subprocess.CompletedProcess[str]:
    assay = [sys.executable, "-m", "entrypoints.cli.main", "doctor", "--judge"]
    return subprocess.run(  # noqa: S603 - what this test wants to run
        ["/bin/sh", "-c", IN_GROUPS, "sh", *confinement, *assay],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "FOLDERS": " ".join(map(str, groups)),
            "ASSAY_HOME": str(home),
            "ASSAY_LANGUAGES": "bash",
            "ASSAY_ALLOW_WEAK_SANDBOX": "on",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def under(profile: Path) -> list[str]:
    return [sys.executable, "-m", "tests.deployment.confined", str(profile)]


def capabilities() -> list[str]:
    """Those of compose.yaml alone; who is not root has none to drop."""
    kept = ",".join(f"+{name.lower()}" for name in services()["worker"]["cap_add"])
    drop = ["setpriv", "--bounding-set", f"-all,{kept}", "--inh-caps", "-all", "--no-new-privs"]
    return drop if os.geteuid() == 0 else []


def without(name: str, folder: Path) -> Path:
    less = copy.deepcopy(PROFILE)
    for entry in less["syscalls"]:
        entry["names"] = [one for one in entry["names"] if one != name]
    path = folder / "less.json"
    path.write_text(json.dumps(less), "utf-8")
    return path


def test_a_worker_judges_as_well_within_its_confinement(home: Path, groups: list[Path]) -> None:
    free = doctor(home, groups)
    confined = doctor(home, groups, *capabilities(), *under(DEPLOY / "worker-seccomp.json"))

    assert confined.returncode == free.returncode, confined.stdout + confined.stderr
    assert confined.stdout == free.stdout


@pytest.mark.parametrize("name", [*FOR_BOXES, "setns"])
def test_a_box_needs_every_call_that_is_allowed_for_its_sake(
    name: str, home: Path, tmp_path: Path
) -> None:
    told = doctor(home, [], *under(without(name, tmp_path)))

    assert "Submissions can be judged here" not in told.stdout


def test_calls_for_boxes_are_what_was_tried() -> None:
    [entry] = [one for one in PROFILE["syscalls"] if "unshare" in one["names"]]

    assert entry["names"] == FOR_BOXES


def test_what_is_not_allowed_does_not_exist() -> None:
    """So that programs and libraries fall back to what an older kernel has."""
    assert (PROFILE["defaultAction"], PROFILE["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 38)
    assert {entry["action"] for entry in PROFILE["syscalls"]} == {"SCMP_ACT_ALLOW"}


@pytest.mark.parametrize("name", NOT_FOR_A_WORKER)
def test_a_worker_has_no_use_for_it(name: str) -> None:
    """Or not for all of it: `setns` is allowed for pid namespaces alone."""
    assert name not in PLAIN


def test_every_call_is_named_once_and_rightly() -> None:
    resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name
    unknown = {name for name in PLAIN if resolve(name.encode()) == -1}

    assert [name for name, count in Counter(PLAIN).items() if count > 1] == []
    assert unknown <= NEWER_THAN_DEBIAN_12


def test_sockets_are_of_families_that_namespaces_fence() -> None:
    families = [
        argument["value"]
        for entry in PROFILE["syscalls"]
        if entry["names"] == ["socket"]
        for argument in entry["args"]
    ]

    assert families == [1, 2, 10, 16]
    assert "socket" not in PLAIN
