"""What a test costs in the box beside a bare start of the same program, in one run.

Run by `make bench`, as it prints. Both kinds of start are taken in
turns, so that a busy machine slows both.
"""

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from adapters.sandbox.judge import SandboxJudge
from domain.judging import Compilation, Run
from tests.adapters.sandbox.judging import ROOMY, job

ROUNDS = 60
_NOTHING = "int main(void) { return 0; }\n"
_PROGRAMS = {
    "c": (_NOTHING, ("{folder}/nothing",)),
    "python3": ("pass\n", ("/usr/bin/python3", "-B", "-s", "{folder}/nothing.py")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Medians in milliseconds, and between which the middle half of the rounds lay."""

    median_ms: float
    middle_half_ms: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.middle_half_ms
        return f"{self.median_ms:6.2f} ms ({low:.2f} to {high:.2f})"


async def measure(rounds: int = ROUNDS) -> dict[str, Measured]:
    """`bare`, `box` and `seen` (the wall time that the judge reports) for each program."""
    found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        judge = SandboxJudge(Path(folder), slots=1, allow_weak=True)
        try:
            for language in _PROGRAMS:
                found |= await _measured(judge, language, Path(folder), rounds)
        finally:
            await judge.close()
    return found


async def _measured(
    judge: SandboxJudge, language: str, folder: Path, rounds: int
) -> dict[str, Measured]:
    source, command = _PROGRAMS[language]
    bare_command = [part.format(folder=folder) for part in command]
    await _build_bare(folder)
    await judge.languages()  # else its trials would run beside what is measured
    times: dict[str, list[float]] = {"bare": [], "box": [], "seen": []}
    async with aclosing(judge.judge(job(language, source, *[b""] * rounds, limits=ROOMY))) as said:
        compilation = await anext(said)
        if not isinstance(compilation, Compilation) or not compilation.ok:
            raise RuntimeError(f"{language} did not compile: {compilation}")
        for _ in range(rounds):
            times["bare"].append(_bare_ms(bare_command))
            began = time.perf_counter()
            run = await anext(said)
            times["box"].append((time.perf_counter() - began) * 1000)
            times["seen"].append(run.wall_ms if isinstance(run, Run) else 0)
    return {f"{language}/{name}": _summary(taken) for name, taken in times.items()}


async def _build_bare(folder: Path) -> None:
    paths = folder / "nothing.c", folder / "nothing"
    await asyncio.to_thread(paths[0].write_text, _NOTHING)
    await asyncio.to_thread((folder / "nothing.py").write_text, "pass\n")
    compiler = await asyncio.create_subprocess_exec("cc", "-O2", "-o", *map(str, reversed(paths)))
    await compiler.wait()


def _bare_ms(command: list[str]) -> float:
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, {"PATH": "/usr/bin:/bin"})
    os.waitpid(pid, 0)
    return (time.perf_counter() - began) * 1000


def _summary(taken: list[float]) -> Measured:
    low, median, high = statistics.quantiles(taken, n=4)
    return Measured(median_ms=median, middle_half_ms=(low, high))


def report(found: dict[str, Measured]) -> str:
    lines = [f"{name:16} {measured}" for name, measured in found.items()]
    for language in _PROGRAMS:
        ratio = found[f"{language}/box"].median_ms / found[f"{language}/bare"].median_ms
        lines.append(f"{language:16} {ratio:6.1f} times a bare start")
    return "\n".join(lines)


async def test_a_test_in_the_box_beside_a_bare_start() -> None:
    print("\n" + report(await measure()))
