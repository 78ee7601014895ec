"""Judge0's adapter over a Judge0 that runs programs in the sandbox of this machine."""

import functools
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from adapters.judge0.following import Pace
from adapters.judge0.judge import Judge0Judge
from adapters.sandbox.judge import SandboxJudge
from adapters.system.clock import SystemClock
from application.ports.judge import JudgeInput, JudgeJob, JudgePort
from domain.ids import LanguageId
from domain.judging import Compilation, Excess, Run
from domain.limits import Limits
from domain.program import single_file
from tests.contracts.in_hand import JudgeInHand, with_python
from tests.services.judge0 import Asked, Judge0StandIn, Outcome

_NUMBERS = {46: "bash", 50: "c", 71: "python3"}
_KILLED = 128 + 9


@asynccontextmanager
async def judge0_judge(folder: Path) -> AsyncIterator[JudgeInHand]:
    sandbox = SandboxJudge(folder, slots=2, allow_weak=True, only=("bash", "python3"))
    standing_in = Judge0StandIn(functools.partial(in_sandbox, sandbox))
    standing_in.config |= {"max_cpu_time_limit": 60.0, "max_wall_time_limit": 120.0}
    pace = Pace(first_poll_s=0.005, longest_poll_s=0.05)
    async with standing_in.serving() as server:
        judge = Judge0Judge(server.url, None, SystemClock(), slots=3, pace=pace)
        yield with_python(judge, loaded_by_compiling=(1,))
        await judge.close()
    await sandbox.close()


async def in_sandbox(sandbox: JudgePort, asked: Asked) -> Outcome:
    """What a Judge0 would say of what the sandbox saw; it differs in that Python is checked."""

    async def load() -> bytes:
        return asked.stdin

    job = JudgeJob(
        language=LanguageId(_NUMBERS[asked.language_id]),
        program=single_file(asked.source.decode()),
        limits=Limits(
            time_ms=round(asked.number("cpu_time_limit") * 1000),
            memory_kib=round(asked.number("memory_limit")),
            output_kib=round(asked.number("max_file_size")),
        ),
        inputs=(JudgeInput(ordinal=1, load=load),),
    )
    async with aclosing(sandbox.judge(job)) as events:
        async for event in events:
            if isinstance(event, Run):
                return _of_run(event, round(asked.number("memory_limit")))
            if not event.ok:
                return _of_failure(event)
    raise AssertionError("the sandbox said nothing")


def _of_failure(compilation: Compilation) -> Outcome:
    if compilation.fault is not None:
        return Outcome(status_id=13, message=compilation.fault.encode())
    output = compilation.output.encode()
    return Outcome(
        status_id=6, compile_output=output, time=None, wall_time=None, memory=None, exit_code=None
    )


def _of_run(run: Run, memory_limit: int) -> Outcome:
    status, message, code = _ending(run)
    return Outcome(
        status_id=status,
        message=message.encode(),
        exit_code=code,
        stdout=run.stdout,
        stderr=run.stderr,
        time=f"{run.cpu_ms / 1000:.3f}",
        wall_time=f"{run.wall_ms / 1000:.3f}",
        memory=memory_limit if Excess.MEMORY in run.excess else run.memory_kib,
    )


def _ending(run: Run) -> tuple[int, str, int]:
    """The status, its message and the exit code: behind a shell, a signal is 128 and its number."""
    code = 128 + run.signal if run.signal else run.exit_code or 0
    if run.fault is not None:
        return 13, run.fault, 0
    if Excess.CPU_TIME in run.excess:
        return 5, "Time limit exceeded", 0
    if Excess.WALL_TIME in run.excess:
        return 5, "Time limit exceeded (wall clock)", 0
    if Excess.MEMORY in run.excess:
        return 11, f"Exited with error status {_KILLED}", _KILLED
    return (11, f"Exited with error status {code}", code) if code else (3, "", 0)
