"""Groups whose files are plain ones here: what is written and read, made anew and used again."""

from pathlib import Path

import pytest

from adapters.sandbox.leaves import Counter, Folders, Leaf, Makers, Usage

_FILES = {
    "memory.max": "max",
    "memory.swap.max": "max",
    "memory.oom.group": "0",
    "memory.peak": "10485760",
    "memory.current": "4194304",
    "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0",
    "pids.max": "max",
    "cpu.stat": "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\nnr_periods 0",
    "cgroup.procs": "",
    "cgroup.kill": "",
}


@pytest.fixture
def group(tmp_path: Path) -> Path:
    folder = tmp_path / "leaf"
    folder.mkdir()
    for name, content in _FILES.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def leaf(group: Path) -> Leaf:
    base = str(group.parent)
    return Leaf(Folders(memory=base, pids=base, cpu=base), group.name)


def test_limits_are_written(leaf: Leaf, group: Path) -> None:
    leaf.limit(memory_kib=1024, processes=7)

    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max")
    found = [(group / name).read_text() for name in names]
    assert found == ["1048576", "0ax", "1", "7ax"]  # a plain file keeps what is behind


@pytest.mark.parametrize("missing", ["memory.swap.max", "memory.oom.group"])
def test_what_a_kernel_may_lack_is_not_needed(leaf: Leaf, group: Path, missing: str) -> None:
    (group / missing).unlink()

    leaf.limit(memory_kib=1024, processes=7)

    assert not (group / missing).exists()


@pytest.mark.parametrize("missing", ["memory.max", "pids.max"])
def test_a_limit_that_cannot_be_set_is_told(leaf: Leaf, group: Path, missing: str) -> None:
    (group / missing).unlink()

    with pytest.raises(FileNotFoundError):
        leaf.limit(memory_kib=1024, processes=7)


def test_figures_are_read(leaf: Leaf) -> None:
    assert leaf.usage() == Usage(cpu_ns=1_234_000, peak_kib=10_240, was_out_of_memory=False)
    assert leaf.memory_kib() is None


def test_one_killed_for_memory_is_enough(leaf: Leaf, group: Path) -> None:
    (group / "memory.events").write_text("oom 0\noom_kill 1\n")

    assert leaf.usage().was_out_of_memory


def test_without_a_peak_what_is_used_now_is_told(leaf: Leaf, group: Path) -> None:
    (group / "memory.peak").unlink()

    assert leaf.usage().peak_kib is None
    assert leaf.memory_kib() == 4_096


def test_one_folder_has_one_door(leaf: Leaf, group: Path) -> None:
    with open(leaf.doors()[0], "w") as door:  # noqa: PTH123 - a descriptor
        door.write("0")

    assert (group / "cgroup.procs").read_text() == "0"


def test_in_version_1_one_thread_joins(group: Path) -> None:
    (group / "tasks").write_text("")
    base = str(group.parent)
    leaf = Leaf(Folders(memory=base, v1=frozenset({base})), group.name)

    with open(leaf.doors()[0], "w") as door:  # noqa: PTH123 - a descriptor
        door.write("0")

    assert (group / "tasks").read_text() == "0"


def test_what_makes_a_box_is_killed_by_its_group(group: Path) -> None:
    Makers(str(group)).kill()

    assert (group / "cgroup.kill").read_text() == "1"


def _three(base: Path) -> Folders:
    memory, pids, cpu = (base / name for name in ("memory", "pids", "cpuacct"))
    for folder in (memory, pids, cpu):
        folder.mkdir()
    found = frozenset(map(str, (memory, pids, cpu)))
    return Folders(memory=str(memory), pids=str(pids), cpu=str(cpu), v1=found)


def test_groups_that_count_serve_again_and_those_of_memory_do_not(tmp_path: Path) -> None:
    folders, spare = _three(tmp_path), list[Counter]()
    first = Leaf(folders, "1", spare)
    first.make()
    (tmp_path / "cpuacct" / "1" / "cpuacct.usage").write_text("7")

    assert first.remove()
    second = Leaf(folders, "2", spare)
    second.make()

    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*"))
    assert found == ["cpuacct/1", "memory/2", "pids/1"]
    assert second.cpu_ns() == 0


def test_groups_that_count_wait_until_nobody_is_in_them(tmp_path: Path) -> None:
    folders, spare = _three(tmp_path), list[Counter]()
    leaf = Leaf(folders, "1", spare)
    leaf.make()
    (tmp_path / "memory" / "1" / "busy").mkdir()

    assert not leaf.remove()
    assert spare == []
    (tmp_path / "memory" / "1" / "busy").rmdir()
    assert leaf.remove()
    assert len(spare) == 1
    assert spare[0].remove()
    assert list(tmp_path.glob("*/*")) == []
