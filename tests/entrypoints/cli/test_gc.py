"""`assay gc` gives back the room of test data that nothing refers to."""

import hashlib
import os
from pathlib import Path

from tests.entrypoints.cli.program import assay

OLD, YOUNG = b"old", b"young"
A_DAY_AND_MORE_S = 25 * 3600


def test_a_dry_run_lists_and_a_run_removes_what_is_old(tmp_path: Path) -> None:
    old, young = _store(tmp_path, OLD), _store(tmp_path, YOUNG)
    an_hour_too_old = old.stat().st_mtime - A_DAY_AND_MORE_S
    os.utime(old, (an_hour_too_old, an_hour_too_old))
    environment = {"ASSAY_HOME": str(tmp_path)}

    told = assay("gc", "--dry-run", environment=environment)
    assert (told.returncode, told.stdout) == (2, f"{hashlib.sha256(OLD).hexdigest()} 3\n")
    assert told.stderr.startswith("would remove: 1 blobs, 3 bytes\nassay: the store of test data")
    assert old.exists()

    told = assay("gc", environment=environment)
    assert (told.returncode, told.stdout) == (2, "")
    assert "nobody has said whose they are" in told.stderr
    assert old.exists()

    told = assay("gc", "--take-over", environment=environment)
    assert told.returncode == 2
    assert "of 2 blobs, tests of this database refer to 0, and 1 would go" in told.stderr
    assert old.exists()

    told = assay("gc", "--even-if-most", environment=environment)
    assert told.returncode == 0
    assert told.stdout == "removed: 1 blobs, 3 bytes; unfinished uploads: 0\n"
    assert (old.exists(), young.exists()) == (False, True)


def _store(home: Path, content: bytes) -> Path:
    key = hashlib.sha256(content).hexdigest()
    path = home / "blobs" / key[:2] / key[2:]
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path
