"""A judge whose programs are a few plain words, so that tests say what a program does."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from adapters.memory.checker import Checked, MemoryChecker
from application.ports.judge import (
    JobRefused,
    JudgeInput,
    JudgeJob,
    JudgePort,
    JudgeUnavailable,
)
from domain.checker_program import CheckerProgram
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.language import Language
from domain.limits import Limits
from domain.program import Program
from domain.run import Compilation, Excess, Means, Run

PYTHON = Language(
    id=LanguageId("python3"),
    name="Python 3",
    version="3.11 (pretended)",
    file_name="main.py",
    compile_command=None,
    run_command="python3 main.py",
    time_factor=Fraction(1),
)
_ALONE = frozenset({"echo", "flood", "wait", "fault", "unavailable"})
_WITH_NUMBER = frozenset({"exit", "signal", "spend", "sleep", "eat"})
_WITH_TEXT = frozenset({"print", "complain", "#"})
_KILLED = 9
_LEAST_MEMORY_KIB = 1_024


@dataclass(slots=True, kw_only=True)
class _Process:
    """What one run has come to so far; it goes on until it has ended."""

    limits: Limits
    stdin: bytes
    cpu_ms: int = 1
    slept_ms: int = 0
    memory_kib: int = _LEAST_MEMORY_KIB
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    exit_code: int | None = None
    signal: int | None = None
    fault: str | None = None
    excess: set[Excess] = field(default_factory=set)

    @property
    def has_ended(self) -> bool:
        return not (self.exit_code is None and self.signal is None and self.fault is None)


class MemoryJudge(JudgePort):
    """Runs the lines of the main file one after another, the same way every time.

    `echo` writes the input, `print TEXT` a line, `complain TEXT` a line of standard error,
    `flood` more than the output limit. `spend MS` uses CPU time, `sleep MS` wall time, `eat KIB`
    memory; whoever goes over a limit is killed with signal 9. `exit N` and `signal N` end the
    program (else it exits with 0). `wait` never ends, until the judge is told to stop. `fault`
    is a failure of this judge in one test, `unavailable` in the whole job. `on N LINE` does the
    line in test N alone. `#` begins a comment. Any other line (say, `does not compile`) is a
    compile error. Checkers are `MemoryChecker`s; an interactor is told how the program ended.
    """

    def __init__(self, languages: tuple[Language, ...] = (PYTHON,), *, slots: int = 1) -> None:
        self._languages = languages
        self._slots = slots

    @property
    def slots(self) -> int:
        return self._slots

    async def languages(self) -> tuple[Language, ...]:
        return tuple(sorted(self._languages, key=lambda language: language.id))

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        if checker.language not in {known.id for known in self._languages}:
            raise LanguageNotOffered(checker.language)
        errors = MemoryChecker(program=checker).compile_errors()
        return Compilation(ok=not errors, output=errors)

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        wanted = [job.language, *([job.checker.language] if job.checker else [])]
        for language in wanted:
            if language not in {known.id for known in self._languages}:
                raise LanguageNotOffered(language)
        await asyncio.sleep(0)  # others get their turn, and whoever stops the work is heard
        compilation = replace(_compile(job.program), means=self._means(job))
        errors = MemoryChecker(program=job.checker).compile_errors() if job.checker else ""
        if compilation.ok and errors:
            raise JobRefused(f"the checker does not compile: {errors}")
        yield compilation
        if not compilation.ok:
            return
        for one in job.inputs:
            await asyncio.sleep(0)
            yield await _checked_run(job, one) if job.checker else await _run(job, one)

    async def close(self) -> None:
        return

    def _means(self, job: JudgeJob) -> Means:
        (language,) = (one for one in self._languages if one.id == job.language)
        return Means(
            toolchain=f"{language.name} {language.version}",
            judge="memory",
            wall_time_ms=job.limits.wall_time_ms,
        )


def _compile(program: Program) -> Compilation:
    wrong = [
        f"line {number}: {line}"
        for number, line in enumerate(program.source.splitlines(), 1)
        if not _is_known(line.split())
    ]
    return Compilation(ok=not wrong, output="\n".join(wrong))


def _is_known(words: list[str]) -> bool:
    match words:
        case [] | ["on", _]:
            return not words
        case ["on", number, *rest]:
            return number.isdecimal() and _is_known(rest)
        case [word]:
            return word in _ALONE | _WITH_TEXT
        case [word, number]:
            return word in _WITH_TEXT or (word in _WITH_NUMBER and number.isdecimal())
        case [word, *_]:
            return word in _WITH_TEXT
        case _:
            return False


async def _checked_run(job: JudgeJob, one: JudgeInput) -> Run:
    """All passes of one test, with the largest of their figures."""
    if job.checker is None:
        raise ValueError("there is no checker")
    checker, passes, said = MemoryChecker(program=job.checker), list[Run](), None
    given: JudgeInput | None = one
    while given is not None:
        passes.append(await _run(job, given))
        if passes[-1].fault or not (passes[-1].ended_well or job.checker.is_interactive):
            said = None
            break
        answer = await one.answer() if one.answer else b""
        checked = checker.check(passes[-1].stdout, answer)
        said, given = checked.report, _next(one, checked, passes[-1])
    return replace(
        passes[-1],
        cpu_ms=max(run.cpu_ms for run in passes),
        wall_ms=max(run.wall_ms for run in passes),
        memory_kib=max(run.memory_kib for run in passes),
        stdout=b"" if job.checker.is_interactive else passes[-1].stdout,
        report=said,
    )


def _next(one: JudgeInput, checked: Checked, run: Run) -> JudgeInput | None:
    data = checked.next_input
    if data is None or not run.ended_well:
        return None

    async def load() -> bytes:
        return data

    return JudgeInput(ordinal=one.ordinal, load=load)


async def _run(job: JudgeJob, one: JudgeInput) -> Run:
    process = _Process(limits=job.limits, stdin=await one.load())
    for line in job.program.source.splitlines():
        if not process.has_ended:
            await _step(process, _line_for(one.ordinal, line.strip()))
            _enforce(process)
    if not process.has_ended:
        process.exit_code = 0
    return Run(
        ordinal=one.ordinal,
        exit_code=process.exit_code,
        signal=process.signal,
        cpu_ms=process.cpu_ms,
        wall_ms=process.cpu_ms + process.slept_ms,
        memory_kib=process.memory_kib,
        stdout=bytes(process.stdout),
        stderr=bytes(process.stderr),
        excess=frozenset(process.excess),
        fault=process.fault,
    )


def _line_for(ordinal: int, line: str) -> str:
    """The line as this test sees it: nothing where it is for another one."""
    match line.split(maxsplit=2):
        case ["on", number, rest]:
            return _line_for(ordinal, rest) if int(number) == ordinal else ""
        case _:
            return line


async def _step(process: _Process, line: str) -> None:
    word, _, rest = line.partition(" ")
    match word:
        case "wait":
            await asyncio.Event().wait()
        case "unavailable":
            raise JudgeUnavailable("the program asked for it")
        case "fault":
            process.fault = "the program asked for it"
        case "exit":
            process.exit_code = int(rest)
        case "signal":
            process.signal = int(rest)
        case _:
            _use(process, word, rest)


def _use(process: _Process, word: str, rest: str) -> None:
    match word:
        case "echo":
            process.stdout += process.stdin
        case "print":
            process.stdout += f"{rest}\n".encode()
        case "complain":
            process.stderr += f"{rest}\n".encode()
        case "flood":
            process.stdout += b"x" * (process.limits.output_kib * 1024 + 1)
        case "spend":
            process.cpu_ms += int(rest)
        case "sleep":
            process.slept_ms += int(rest)
        case "eat":
            process.memory_kib += int(rest)
        case _:  # an empty line or a comment
            return


def _enforce(process: _Process) -> None:
    """Kill what has gone over a limit; what it used beyond that was never given."""
    limits = process.limits
    passed = {
        Excess.CPU_TIME: process.cpu_ms > limits.time_ms,
        Excess.WALL_TIME: process.cpu_ms + process.slept_ms > limits.wall_time_ms,
        Excess.MEMORY: process.memory_kib > limits.memory_kib,
        Excess.OUTPUT: len(process.stdout) > limits.output_kib * 1024,
    }
    process.excess = {excess for excess, is_passed in passed.items() if is_passed}
    if not process.excess:
        return
    process.exit_code, process.signal = None, _KILLED
    process.cpu_ms = min(process.cpu_ms, limits.kill_time_ms)
    process.slept_ms = min(process.slept_ms, limits.wall_time_ms - process.cpu_ms)
    process.memory_kib = min(process.memory_kib, limits.memory_kib)
    del process.stdout[limits.output_kib * 1024 :]
