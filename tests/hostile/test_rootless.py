"""Attacks on a judge that an ordinary user runs, without control groups or uids of slots.

There its boxes have its own uid, so that only namespaces stand between a program and its files.
"""

import asyncio
import json
import os
from pathlib import Path

import pytest

from domain.judgement import Verdict
from tests.hostile.attacks import ATTACKS

ROOT = Path(__file__).parents[2]
NOBODY = 65_534
CHOSEN = (
    *("descriptors/input.c", "descriptors/outputs.py", "descriptors/report.py"),
    *("disk/host_names.sh", "kernel/limits.c", "kernel/namespaces.c", "kernel/setuid.sh"),
    *("leftovers/devices.sh", "leftovers/files.py", "leftovers/ipc.c", "leftovers/locks.c"),
    *("network/host_sockets.py", "processes/kill_by_number.py", "processes/signal_everybody.c"),
    *("processes/trace_init.c", "processes/orphans_bomb.c", "secrets/environment.sh"),
    *("secrets/files.py", "secrets/proc_write.c", "secrets/processes.c", "timing/spin.c"),
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
async def test_attacks_on_an_ordinary_user_come_to_nothing() -> None:
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/python3", "-B", "-m", "tests.hostile.attacks", *CHOSEN),
        user=NOBODY, group=NOBODY, extra_groups=[], cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "SECRET_KEY": "MARKER-of-the-server"},
    )  # fmt: skip

    output, _ = await process.communicate()

    said = [json.loads(line) for line in output.splitlines()]
    expected = {attack.name: attack.verdict for attack in ATTACKS if attack.name in CHOSEN}
    assert {name: Verdict(verdict) for name, verdict, *_ in said} == expected, said
    assert set(expected) == set(CHOSEN)
    assert b"MARKER" not in output
