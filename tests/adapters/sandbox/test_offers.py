"""Which languages are offered after something went wrong while they were tried."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.sandbox import judge as judge_module
from adapters.sandbox import offers
from adapters.sandbox.compiling import version_of
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.kits import Kit
from adapters.sandbox.outcome import BoxBroken, Outcome
from adapters.sandbox.running import Boxes
from application.ports.judge import JudgeUnavailable, ProgramOptions
from tests.adapters.sandbox.judging import glob, job, judged, needs, ran, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class _Faults:
    """Fails the first `times` trials of a version with `error`."""

    def __init__(self, error: Exception, times: int) -> None:
        self._error = error
        self._times = times
        self._real = version_of

    async def __call__(self, boxes: Boxes, kit: Kit, slot: int) -> Outcome:
        if kit.entry.id == "bash" and self._times > 0:
            self._times -= 1
            raise self._error
        return await self._real(boxes, kit, slot)


@pytest.mark.parametrize(("times", "offered"), [(0, ["bash", "c"]), (1, ["bash", "c"]), (2, ["c"])])
@pytest.mark.parametrize("error", [BoxBroken("busy"), ValueError("odd"), KeyError("x"), OSError(5)])
async def test_a_language_is_tried_twice_and_its_fault_is_its_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    times: int,
    offered: list[str],
) -> None:
    monkeypatch.setattr(offers, "version_of", _Faults(error, times))
    judge = SandboxJudge(tmp_path, slots=1, only=("bash", "c"))

    said = [str(language.id) for language in await judge.languages()]
    reasons = {str(one.id): one.reason for one in (await judge.describe()).languages}

    assert said == offered
    assert bool(reasons["bash"]) == ("bash" not in offered)
    await judge.close()


async def test_a_failed_start_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = SandboxJudge(tmp_path, slots=1, only=("bash",))
    with monkeypatch.context() as broken:
        broken.setattr(judge_module, "look_at", _no_space)
        with pytest.raises(JudgeUnavailable, match="No space"):
            await judge.languages()

    assert (await ran(judge, "bash", "echo 1")).stdout == b"1\n"
    await judge.close()


async def _no_space(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


ALL_HEADERS = "#include <bits/stdc++.h>\nint main() { std::cout << 1; }\n"


async def test_nobody_waits_for_what_only_makes_it_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def prepared(*_: object) -> Outcome:
        begun.set()
        await never.wait()
        raise AssertionError

    monkeypatch.setattr(offers, "prepare", prepared)
    judge = SandboxJudge(tmp_path, slots=2, only=("cpp",))

    run = await ran(judge, "cpp", ALL_HEADERS)
    await begun.wait()

    assert run.stdout == b"1"
    await judge.close()


async def test_what_cannot_be_prepared_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    async def prepared(*given: object) -> Outcome:
        tried.append(given)
        raise BoxBroken("full")

    monkeypatch.setattr(offers, "prepare", prepared)
    judge = SandboxJudge(tmp_path, slots=2, only=("cpp",))
    await judge.languages()
    await until(lambda: len(tried) == 2)

    run = await ran(judge, "cpp", ALL_HEADERS)

    assert run.stdout == b"1"
    await judge.close()


async def test_headers_are_compiled_once_and_taken_where_flags_agree(
    judge: SandboxJudge, pytestconfig: pytest.Config
) -> None:
    home = Path(pytestconfig.cache.mkdir("assay-sandbox"))
    await until(lambda: glob(home, "sandbox/prepared/cpp-*/include/bits/stdc++.h.gch"))
    usual = job("cpp", ALL_HEADERS)

    said = [
        (await judged(judge, replace(usual, options=ProgramOptions(compiler_options=options))))[0]
        for options in (("-H",), ("-H", "-std=c++17"), ("-H", "-D_GLIBCXX_DEBUG"))
    ]

    assert [one.ok for one in said] == [True, True, True]
    assert "! /opt/prepared/include/bits/stdc++.h.gch" in said[0].output
    assert ["x /opt/prepared/include" in one.output for one in said] == [False, True, True]


async def test_a_compiler_on_the_virtual_machine_shares_its_classes(
    judge: SandboxJudge, offered: tuple[str, ...], pytestconfig: pytest.Config
) -> None:
    needs("java", offered)
    home = Path(pytestconfig.cache.mkdir("assay-sandbox"))
    await until(lambda: glob(home, "sandbox/prepared/java-*/javac.jsa"))
    loud = ProgramOptions(compiler_options=("-J-Xlog:class+load:stderr",))

    compilation, _ = await judged(judge, replace(job("java", "class Main { }"), options=loud))

    assert "com.sun.tools.javac.main.Main source: shared objects file (top)" in compilation.output


async def test_what_was_prepared_is_made_anew_for_other_tools_and_kept_while_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tools are other files, though they say the same version of themselves."""
    monkeypatch.setattr(offers, "_UNUSED_S", 0)
    monkeypatch.setattr(offers, "prepare", _prepared)
    first = await _prepared_judge(tmp_path)
    monkeypatch.setattr(offers, "tools_of", lambda _: "rebuilt")
    second = await _prepared_judge(tmp_path)
    before = set(glob(tmp_path, "sandbox/prepared/cpp-*"))
    await first.close()
    monkeypatch.setattr(offers, "tools_of", lambda _: "rebuilt again")

    third = await _prepared_judge(tmp_path)

    await until(lambda: len(set(glob(tmp_path, "sandbox/prepared/cpp-*")) & before) == 1)
    await second.close()
    await third.close()


async def _prepared(boxes: Boxes, kit: Kit, *given: object) -> Outcome:
    _, _, slot = given
    assert isinstance(slot, int)
    return await version_of(boxes, kit, slot)


async def _prepared_judge(home: Path) -> SandboxJudge:
    before = set(glob(home, "sandbox/prepared/cpp-*"))
    for old in before:
        os.utime(old, (1, 1))
    judge = SandboxJudge(home, slots=2, only=("cpp",))
    await judge.languages()
    await until(lambda: set(glob(home, "sandbox/prepared/cpp-*")) - before)
    return judge
