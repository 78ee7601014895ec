"""What a server leaves of another that uses the same home: all of it, unless that is dead."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.cgroups import kill_group, leaf_prefix, sweep
from adapters.sandbox.own import OwnFolder
from adapters.sandbox.processes import Owner

ROOT = Path(__file__).parents[3]

ELSEWHERE = "0123456789ab"
DEAD = f"999999999-1-{ELSEWHERE}"
_HOLDER = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from adapters.sandbox import own, processes
processes._place = lambda: {place!r}
processes.start_ticks = lambda pid: 1
print(own.OwnFolder(Path({home!r})).path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A server whose number means nothing here, as in another container."""
    script = _HOLDER.format(root=str(ROOT), home=str(tmp_path), place=ELSEWHERE)
    command = (sys.executable, "-c", script)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:  # noqa: S603
        yield server
        server.kill()


def test_a_server_elsewhere_keeps_its_folder_until_it_dies(
    tmp_path: Path, elsewhere: subprocess.Popen[str]
) -> None:
    assert elsewhere.stdout
    theirs = Path(elsewhere.stdout.readline().strip())

    first = OwnFolder(tmp_path)
    assert theirs.is_dir()
    elsewhere.kill()
    elsewhere.wait()
    second = OwnFolder(tmp_path)

    assert not theirs.exists()
    assert first.path.is_dir()
    for own in (first, second, second):
        own.remove()
    assert list((tmp_path / "live").iterdir()) == []


def test_where_nothing_can_be_locked_only_the_dead_of_this_place_go(tmp_path: Path) -> None:
    """As in a folder without a lock, which another may just be making."""
    here = Owner.this()
    kept = [tmp_path / f"live/{name}-x" for name in (DEAD, str(here))]
    gone = tmp_path / f"live/999999999-1-{here.place}-x"
    for folder in (*kept, gone):
        folder.mkdir(parents=True)

    OwnFolder(tmp_path).remove()

    assert sorted((tmp_path / "live").iterdir()) == sorted(kept)


def test_only_groups_of_the_dead_of_this_place_are_swept(tmp_path: Path) -> None:
    here = Owner.this()
    names = [f"{leaf_prefix()}1", f"assay-{DEAD}-1", f"assay-{here.pid}-1-2", "assay-server"]
    dead = tmp_path / f"assay-999999999-1-{here.place}-1"
    for folder in (*(tmp_path / name for name in names), dead):
        folder.mkdir()

    sweep([tmp_path])

    assert {folder.name for folder in tmp_path.iterdir()} == set(names)


def test_processes_that_cannot_be_seen_from_here_are_not_killed(tmp_path: Path) -> None:
    """They are all called 0, which for kill() is the caller's own group."""
    sleeper = subprocess.Popen(("/bin/sleep", "60"))
    (tmp_path / "cgroup.kill").write_text("")
    (tmp_path / "cgroup.procs").write_text(f"{sleeper.pid}\n0\n")
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom pathlib import Path\n"
        f"from adapters.sandbox.cgroups import kill_group\nkill_group(Path({str(tmp_path)!r}))"
    )

    killer = subprocess.run((sys.executable, "-c", script), start_new_session=True, check=False)  # noqa: S603

    assert killer.returncode == 0
    assert (tmp_path / "cgroup.kill").read_text() == ""
    assert sleeper.poll() is None
    (tmp_path / "cgroup.procs").write_text(f"{sleeper.pid}\n")
    kill_group(tmp_path)
    assert sleeper.wait() == -9
