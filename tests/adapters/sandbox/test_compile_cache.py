"""What was compiled once is not compiled again, and never comes back as anything else."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.sandbox.compile_cache import CompileCache, Compiled
from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import JudgeJob, ProgramOptions
from tests.adapters.sandbox.judging import files, glob, job, judged, ran

KEY, OTHER = "a" * 64, "b" * 64
COMPILED = Compiled(archive=bytes(range(256)) * 40, output="warning: zwölf\n")
pytestmark = pytest.mark.asyncio(loop_scope="session")


# --- the folder ---


@pytest.mark.parametrize(
    "compiled", [COMPILED, Compiled(archive=b"", output=""), Compiled(archive=b"", output="ok")]
)
async def test_what_is_kept_comes_back(tmp_path: Path, compiled: Compiled) -> None:
    await CompileCache(tmp_path / "new").put(KEY, compiled)

    assert await CompileCache(tmp_path / "new").get(KEY) == compiled
    assert await CompileCache(tmp_path / "new").get(OTHER) is None
    assert await CompileCache(tmp_path / "none").get(KEY) is None


@pytest.mark.parametrize("at", [0, 31, 32, 36, 40, -1])
async def test_a_damaged_entry_is_missing_and_removed(tmp_path: Path, at: int) -> None:
    cache = CompileCache(tmp_path)
    await cache.put(KEY, COMPILED)
    content = bytearray((tmp_path / KEY).read_bytes())
    content[at] ^= 1
    (tmp_path / KEY).write_bytes(content)

    assert await cache.get(KEY) is None
    assert glob(tmp_path, "*") == []


@pytest.mark.parametrize("length", [0, 5, 32, 35, 100])
async def test_half_an_entry_is_missing_and_removed(tmp_path: Path, length: int) -> None:
    cache = CompileCache(tmp_path)
    await cache.put(KEY, COMPILED)
    os.truncate(tmp_path / KEY, length)

    assert await cache.get(KEY) is None
    assert glob(tmp_path, "*") == []


async def test_an_entry_under_another_name_is_missing(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    await cache.put(KEY, COMPILED)
    (tmp_path / KEY).rename(tmp_path / OTHER)

    assert await cache.get(OTHER) is None


async def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path, 100_000)
    keys = [f"{number:064x}" for number in range(20)]
    for age, key in enumerate(keys[:8]):
        await cache.put(key, COMPILED)
        os.utime(tmp_path / key, (age, age))
    await cache.get(keys[0])

    for key in keys[8:]:
        await cache.put(key, COMPILED)
        assert sum(path.stat().st_size for path in glob(tmp_path, "*")) <= 100_000

    assert await cache.get(keys[-1]) == COMPILED
    assert await cache.get(keys[1]) is None


async def test_what_others_kept_counts(tmp_path: Path) -> None:
    caches = [CompileCache(tmp_path, 50_000) for _ in range(2)]

    for number in range(600):
        await caches[number % 2].put(f"{number:064x}", COMPILED)

    assert sum(path.stat().st_size for path in glob(tmp_path, "*")) <= 2 * 50_000


@pytest.mark.parametrize("limit", [0, 5_000])
async def test_what_is_too_large_is_not_kept(tmp_path: Path, limit: int) -> None:
    cache = CompileCache(tmp_path / "new", limit)

    await cache.put(KEY, COMPILED)

    assert await cache.get(KEY) is None
    assert not (tmp_path / "new").exists()


async def test_a_disk_that_takes_nothing_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = CompileCache(tmp_path / "file")

    await cache.put(KEY, COMPILED)

    assert await cache.get(KEY) is None


async def test_a_disk_that_becomes_full_leaves_nothing_half(tmp_path: Path) -> None:
    cache = CompileCache(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    try:
        await cache.put(KEY, COMPILED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert glob(tmp_path, "*") == []


async def test_writers_and_readers_at_once_see_whole_entries(tmp_path: Path) -> None:
    caches = [CompileCache(tmp_path, 40_000) for _ in range(4)]
    keys = [f"{number:064x}" for number in range(8)]
    entries = {key: replace(COMPILED, output=key) for key in keys}

    async def work(cache: CompileCache) -> None:
        for key in keys * 10:
            await cache.put(key, entries[key])
            assert await cache.get(key) in (entries[key], None)

    await asyncio.gather(*(work(cache) for cache in caches))

    assert glob(tmp_path, ".*") == []


async def test_what_a_dead_writer_left_is_removed(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".unfinished-1", tmp_path / ".unfinished-2"
    left.write_text("half")
    fresh.write_text("half")
    os.utime(left, (0, 0))

    await CompileCache(tmp_path).put(KEY, COMPILED)

    assert (left.exists(), fresh.exists()) == (False, True)


# --- the judge ---


SAYS = '#include <stdio.h>\nint main(void) {{ puts("{}"); }}\n'


@pytest_asyncio.fixture(loop_scope="session")
async def judge(tmp_path: Path) -> AsyncIterator[SandboxJudge]:
    judge = SandboxJudge(tmp_path, slots=1, only=("bash", "c", "python3"))
    yield judge
    await judge.close()


def kept(home: Path) -> list[Path]:
    return glob(home, "sandbox/compiled/*")


async def test_a_rejudge_does_not_compile_again(judge: SandboxJudge, tmp_path: Path) -> None:
    await ran(judge, "c", SAYS.format(1))
    [one] = kept(tmp_path)
    await ran(judge, "c", SAYS.format(2))
    [two] = [path for path in kept(tmp_path) if path != one]

    # What was compiled of the second takes the place of the first: so nothing is compiled.
    cache = CompileCache(one.parent)
    swapped = await cache.get(two.name)
    assert swapped
    await cache.put(one.name, swapped)
    run = await ran(judge, "c", SAYS.format(1))

    assert run.stdout == b"2\n"
    assert len(kept(tmp_path)) == 2


@pytest.mark.parametrize(("language", "source"), [("bash", "echo 1"), ("python3", "print(1)")])
async def test_that_a_program_is_valid_is_kept_too(
    judge: SandboxJudge, tmp_path: Path, language: str, source: str
) -> None:
    runs = [await ran(judge, language, source) for _ in range(2)]

    assert [run.stdout for run in runs] == [b"1\n", b"1\n"]
    assert [path.stat().st_size < 100 for path in kept(tmp_path)] == [True]


async def test_what_the_compiler_said_is_kept_too(judge: SandboxJudge) -> None:
    warned = job("c", "#warning odd\nint main(void) { return 0; }\n")

    said = [(await judged(judge, warned))[0].output for _ in range(2)]

    assert "warning" in said[0]
    assert said[0] == said[1]


async def test_a_damaged_entry_is_compiled_again(judge: SandboxJudge, tmp_path: Path) -> None:
    await ran(judge, "c", SAYS.format(1))
    [entry] = kept(tmp_path)
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-1] + b"x")

    run = await ran(judge, "c", SAYS.format(1))

    assert run.stdout == b"1\n"
    assert kept(tmp_path) == [entry]
    assert len(entry.read_bytes()) == len(whole)


async def test_what_does_not_compile_is_not_kept(judge: SandboxJudge, tmp_path: Path) -> None:
    compilation, _ = await judged(judge, job("c", "int main(void) { return missing; }"))

    assert not compilation.ok
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "other",
    [
        job("c", files(other_c=SAYS.format(1))),
        job("c", SAYS.format(1) + " "),
        job("c", files(main_c=SAYS.format(1), data_txt="1")),
        replace(job("c", SAYS.format(1)), options=ProgramOptions(compiler_options=("-O1",))),
    ],
)
async def test_whatever_differs_is_compiled_apart(
    judge: SandboxJudge, tmp_path: Path, other: JudgeJob
) -> None:
    await ran(judge, "c", SAYS.format(1))

    await judged(judge, replace(other, inputs=()))

    assert len(kept(tmp_path)) == 2


async def test_no_room_means_that_all_is_compiled(tmp_path: Path) -> None:
    judge = SandboxJudge(tmp_path, slots=1, only=("c",), compile_cache_bytes=0)

    runs = [await ran(judge, "c", SAYS.format(1)) for _ in range(2)]

    assert [run.stdout for run in runs] == [b"1\n", b"1\n"]
    assert kept(tmp_path) == []
    await judge.close()
