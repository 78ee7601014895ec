"""Which languages are offered after something went wrong while they were tried."""

from pathlib import Path

import pytest

from adapters.sandbox import judge as judge_module
from adapters.sandbox import offers
from adapters.sandbox.compiling import version_of
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.kits import Kit
from adapters.sandbox.running import BoxBroken, Boxes, Outcome
from application.ports.judge import JudgeUnavailable
from tests.adapters.sandbox.judging import ran

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
