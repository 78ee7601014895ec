"""The program that has waited longest at the judge as a service is compiled and run."""

import asyncio
import shlex
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from application.ports.clock import Clock
from application.ports.judge import (
    FileBeside,
    JobRefused,
    JudgeInput,
    JudgeJob,
    JudgePort,
    JudgeUnavailable,
    ProgramOptions,
)
from application.ports.storage import StoreUnavailable
from application.ports.ticket_store import TicketStore, TicketUnreadable
from application.unzipping import BadArchive, unzipped
from domain.errors import LanguageNotOffered
from domain.limits import Limits
from domain.program import Program, SourceFile
from domain.run import Compilation, Run
from domain.ticket import (
    Ask,
    Ticket,
    TicketResult,
    failed_ticket,
    is_accepted,
    result_of,
)

_TRIES = 3
_PAUSE_S = 0.5
_FIRST_KEEP_PAUSE_S = 1.0
_LONGEST_KEEP_PAUSE_S = 30.0
_LARGE = 1 << 16
_MANY_CPUS = 128
_NO_SOURCE = ".no-source"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTicket:
    """`most_unzipped_bytes` is how much the files of one program may be together.

    A file of a program whose limit is zero may have `most_file_kib`.
    """

    tickets: TicketStore
    judge: JudgePort
    clock: Clock
    most_unzipped_bytes: int
    most_file_kib: int

    async def __call__(self, unkept: Callable[[StoreUnavailable], None]) -> Ticket | None:
        """The ticket with what came of it; None where none waits.

        What came of it is tried to be kept until it is; `unkept` hears of every try that failed.

        Raises:
            StoreUnavailable: tickets cannot be read now, and none was taken.
        """
        try:
            ticket = await self.tickets.claim()
        except TicketUnreadable as unreadable:
            return await self._kept(unreadable.ticket, failed_ticket(str(unreadable)), unkept)
        if ticket is None:
            return None
        try:
            ask = ticket.ask
            ask = replace(ask, max_file_size=ask.max_file_size or self.most_file_kib)
            result = await self._patiently_judged(ask)
        except Exception as error:  # noqa: BLE001 - one program's failure must not hold up others
            result = failed_ticket(f"{type(error).__name__}: {error}")
        return await self._kept(ticket, result, unkept)

    async def _kept(
        self, ticket: Ticket, result: TicketResult, unkept: Callable[[StoreUnavailable], None]
    ) -> Ticket:
        pause_s = _FIRST_KEEP_PAUSE_S
        while True:
            try:
                return await self._finished(ticket, result)
            except StoreUnavailable as failure:
                unkept(failure)
            await self.clock.sleep(pause_s)
            pause_s = min(_LONGEST_KEEP_PAUSE_S, pause_s * 2)

    async def _finished(self, ticket: Ticket, result: TicketResult) -> Ticket:
        """A result that no store can write down ends as a failure, which every store can."""
        now = self.clock.now()
        try:
            await self.tickets.finish(ticket.token, result, now)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - its client waits for an end
            result = failed_ticket(f"what came of it cannot be kept: {type(error).__name__}")
            await self.tickets.finish(ticket.token, result, now)
        return replace(ticket, status=result.status, result=result, finished_at=now)

    async def _patiently_judged(self, ask: Ask) -> TicketResult:
        reason = ""
        for attempt in range(_TRIES):
            try:
                return await self._judged(ask)
            except JudgeUnavailable as unavailable:
                reason = unavailable.reason
                await self.clock.sleep(_PAUSE_S * attempt)
            except (JobRefused, BadArchive, LanguageNotOffered) as refusal:
                return failed_ticket(str(refusal))
        return failed_ticket(reason)

    async def _judged(self, ask: Ask) -> TicketResult:
        files = await self._files(ask)
        compilation: Compilation | None = None
        runs: list[Run] = []
        async with aclosing(self.judge.judge(_job(ask, files))) as events:
            async for event in events:
                if isinstance(event, Compilation):
                    compilation = event
                    continue
                runs.append(event)
                if len(runs) < ask.number_of_runs and not await _is_accepted(ask, event):
                    break
        if compilation is None:
            raise JudgeUnavailable("the judge said nothing")
        return await asyncio.to_thread(result_of, ask, compilation, runs)

    async def _files(self, ask: Ask) -> tuple[FileBeside, ...]:
        if not ask.additional_files:
            return ()
        unzip = partial(unzipped, ask.additional_files, most_bytes=self.most_unzipped_bytes)
        return await asyncio.to_thread(unzip)


async def _is_accepted(ask: Ask, run: Run) -> bool:
    """Long outputs are compared beside the event loop, which watches over other programs."""
    if len(ask.expected_output or b"") + len(run.stdout) < _LARGE:
        return is_accepted(ask, run)
    return await asyncio.to_thread(is_accepted, ask, run)


def _job(ask: Ask, files: tuple[FileBeside, ...]) -> JudgeJob:
    program, own = _program(ask)

    async def load() -> bytes:
        return ask.stdin or b""

    return JudgeJob(
        language=ask.language,
        program=program,
        limits=_limits(ask),
        inputs=tuple(JudgeInput(ordinal=n, load=load) for n in range(1, ask.number_of_runs + 1)),
        options=_options(ask, (*(f for f in files if f.path != ask.file_name), *own)),
    )


def _program(ask: Ask) -> tuple[Program, tuple[FileBeside, ...]]:
    """The source under the name that it has at Judge0, as a file beside where it is no text."""
    name = ask.file_name or _NO_SOURCE
    source = ask.source_code or b""
    is_text = ask.file_name is not None and b"\0" not in source
    try:
        content = source.decode() if is_text else ""
    except UnicodeDecodeError:
        is_text, content = False, ""
    program = Program(files=(SourceFile(name=name, content=content),))
    if is_text or ask.file_name is None:
        return program, ()
    return program, (FileBeside(path=name, content=source, is_executable=True),)


def _limits(ask: Ask) -> Limits:
    """Without a limit of CPU time (a zero, and nothing else), wall time holds alone."""
    wall_ms = round(ask.wall_time_limit * 1000)
    cpu_ms = max(1, round(ask.cpu_time_limit * 1000)) if ask.cpu_time_limit else 0
    return Limits(
        time_ms=cpu_ms or wall_ms * _MANY_CPUS,
        memory_kib=ask.memory_limit,
        output_kib=ask.max_file_size,
    )


def _options(ask: Ask, files: tuple[FileBeside, ...]) -> ProgramOptions:
    limits = _limits(ask)
    return ProgramOptions(
        compiler_options=_words(ask.compiler_options),
        arguments=_words(ask.command_line_arguments),
        files=files,
        redirect_stderr=ask.redirect_stderr_to_stdout,
        processes=ask.max_processes_and_or_threads,
        stack_kib=ask.stack_limit or None,
        file_kib=ask.max_file_size,
        wall_time_ms=round(ask.wall_time_limit * 1000),
        kill_time_ms=limits.time_ms + round(ask.cpu_extra_time * 1000),
    )


def _words(text: str | None) -> tuple[str, ...]:
    """As a shell would take them apart; where it could not, at the blanks."""
    try:
        words = shlex.split(text or "")
    except ValueError:
        words = (text or "").split()
    return tuple(word.replace("\0", "") for word in words)
