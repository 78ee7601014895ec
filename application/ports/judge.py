"""The judge: runs a program on inputs under limits and reports what happened, never a verdict."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from domain.checker_program import CheckerProgram
from domain.ids import LanguageId
from domain.language import Language
from domain.limits import Limits
from domain.program import Program
from domain.run import Compilation, Run


class JudgeUnavailable(Exception):
    """The judge cannot work now, through no fault of the program; `reason` is for staff."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobRefused(Exception):
    """This judge can never do the job as it stands; `reason` says to staff what has to change."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeInput:
    """The input of one test. `load` gives its bytes when the test is about to run, not before.

    `answer` gives what the author expects, for the job's checker alone: it is there where the job
    has one, and is asked for only when that is about to run.
    """

    ordinal: int
    load: Callable[[], Awaitable[bytes]]
    answer: Callable[[], Awaitable[bytes]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBeside:
    """A file that lies beside the program; `path` is relative, and leads nowhere else."""

    path: str
    content: bytes
    is_executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOptions:
    """What may be said of a program beside its limits; None, or nothing, is what is usual.

    `compiler_options` stand before the sources, `arguments` behind the command. One of `files`
    with the name of a file of the program takes its place; where there are others, the program
    runs among copies of them that it may change. The times are where it is killed, in wall and
    in CPU time; `file_kib` is the largest file that it may write.
    """

    compiler_options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    files: tuple[FileBeside, ...] = ()
    redirect_stderr: bool = False
    processes: int | None = None
    stack_kib: int | None = None
    file_kib: int | None = None
    wall_time_ms: int | None = None
    kill_time_ms: int | None = None


USUAL = ProgramOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeJob:
    """One program to compile once and run on each input, in the order given.

    With a `checker`, each Run says what that reported of it, if there was anything to check.
    """

    language: LanguageId
    program: Program
    limits: Limits
    inputs: tuple[JudgeInput, ...]
    options: ProgramOptions = USUAL
    checker: CheckerProgram | None = None


class JudgeCallbacks(Protocol):
    """Hears, from anyone, that a remote judge may be done with something."""

    def wake(self, token: str) -> None:
        """Let the job with that token look at once; a token that no job here has means nothing."""
        ...


class LanguageOffer(Protocol):
    """Which languages there are to choose from: those of a judge, or of all workers' judges."""

    async def languages(self) -> tuple[Language, ...]:
        """The languages that can really be judged, by id; empty where nothing can."""
        ...


class CheckerTrials(Protocol):
    """Says of a checker whether it can be run at all, before anything is judged with it."""

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        """How it compiles where it would be judged with; nothing is run.

        May take as long as whoever compiles is busy; cancelled, it ends what it began.

        Raises:
            JudgeUnavailable: nobody can say now.
            JobRefused: the judge of its language runs no checkers.
            LanguageNotOffered: its language is not one of those that can be judged.
        """
        ...


class JudgePort(LanguageOffer, CheckerTrials, Protocol):
    """Runs programs. Safe to use from several tasks at once, up to `slots` of them."""

    @property
    def slots(self) -> int:
        """How many jobs it can run at once without one disturbing another's times."""
        ...

    def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        """Yield one Compilation, then, if it is ok, one Run an input as each finishes.

        Closing the generator stops the work and kills all that it started. A test whose own
        running failed is a Run with `fault`; what hits the whole job is an exception. A checker
        is run for each Run that ended well, an interactor beside every one.

        Raises:
            JudgeUnavailable: there is no working sandbox, or it broke.
            JobRefused: no other try will help; so where the checker does not compile, or this
                judge runs none.
            LanguageNotOffered: the language, or the checker's, is not one of `languages()`.
        """
        ...

    async def close(self) -> None:
        """End what runs and free what is held; harmless when called twice."""
        ...
