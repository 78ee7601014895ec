"""The judge of this machine: compiles once, then runs one box a test."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Literal

from adapters.sandbox.cgroups import Cgroups, find_cgroups
from adapters.sandbox.checker_box import CheckerBox, Place
from adapters.sandbox.checkers import Referee
from adapters.sandbox.compile_cache import DEFAULT_BYTES, CompileCache
from adapters.sandbox.machine import Machine, look_at
from adapters.sandbox.offers import Offer, Offers, Refusal
from adapters.sandbox.outcome import BoxesClosed, MachineSpent
from adapters.sandbox.own import OwnFolder
from adapters.sandbox.programs import JudgedProgram
from adapters.sandbox.raw import RAW
from adapters.sandbox.report import LanguageReport, SandboxReport
from adapters.sandbox.running import Boxes
from adapters.sandbox.slots import SlotNumbers
from adapters.sandbox.turns import Turns
from adapters.sandbox.waiting import CLOSED, result_of, to_its_end
from application.ports.judge import JudgeInput, JudgeJob, JudgePort, JudgeUnavailable
from domain.checker_program import CheckerProgram
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.language import Language
from domain.run import Compilation, Means, Run


class SandboxJudge(JudgePort):
    """Judges in bubblewrap boxes.

    `home` is where it keeps its built init, prepared libraries and what lives for one run, all in
    a folder `sandbox`. `slots` is by default the number of CPUs that this process may use.
    Without `allow_weak` a machine without working control groups judges nothing. `only` names the
    languages to offer; none named means all that work here. With `cgroups="none"` it does as if
    the machine had no control groups; with `raw` it runs binaries and folders of scripts, too.
    Of what was compiled it keeps `compile_cache_bytes`; with 0 it compiles everything anew.
    """

    def __init__(  # noqa: PLR0913 (what a machine's judge may be told, all of it named)
        self,
        home: Path,
        *,
        slots: int | None = None,
        allow_weak: bool = False,
        only: Collection[str] = (),
        cgroups: Literal["auto", "none"] = "auto",
        raw: bool = False,
        compile_cache_bytes: int = DEFAULT_BYTES,
    ) -> None:
        self._folder = home.absolute() / "sandbox"
        self._cache = CompileCache(self._folder / "compiled", compile_cache_bytes)
        self._slots = slots or len(os.sched_getaffinity(0))
        self._allow_weak = allow_weak
        self._only = frozenset(only)
        self._raw = raw
        self._find_cgroups = find_cgroups if cgroups == "auto" else Cgroups
        self._numbers = SlotNumbers()
        self._free: asyncio.Queue[int] = asyncio.Queue()
        self._starting: asyncio.Task[Machine] | None = None
        self._own: OwnFolder | None = None
        self._boxes: Boxes | None = None
        self._offers: Offers | None = None
        self._is_closed = False

    @property
    def slots(self) -> int:
        return self._slots

    async def start(self) -> None:
        """Look at the machine now, and begin to try the languages; else the first use does."""
        await self._machine()

    async def settled(self) -> None:
        """Return when nothing is done in the background: for who measures what a judge does."""
        await self._machine()
        if self._offers:
            await self._offers.settled()

    async def languages(self) -> tuple[Language, ...]:
        await self._machine()
        return await self._offers.languages() if self._offers else ()

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        offer, boxes = await self._offer(checker.language)
        async with self._slot() as slot, self._job_folder() as folder:
            place = Place(boxes=boxes, kit=offer.kit, folder=folder, slot=slot, cache=self._cache)
            try:
                return await CheckerBox(place, checker).compilation()
            except BoxesClosed:
                raise JudgeUnavailable(CLOSED) from None

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        offer, boxes = await self._offer(job.language)
        if job.checker:
            await self._offer(job.checker.language)
        async with self._slot() as slot, self._job_folder() as folder:
            judged = JudgedProgram(
                boxes=boxes, kit=offer.kit, folder=folder, slot=slot, cache=self._cache
            )
            try:
                async with judged as program:
                    compiled = await program.compile(job.program, job.options)
                    compilation = replace(compiled, means=await self._means(offer, job))
                    yield compilation
                    tests = job.inputs if compilation.ok else ()
                    async with aclosing(self._runs(program, job, tests, slot)) as runs:
                        async for run in runs:
                            yield run
            except BoxesClosed:
                raise JudgeUnavailable(CLOSED) from None
            except MachineSpent as spent:
                raise JudgeUnavailable(spent.reason) from spent

    async def _runs(
        self, program: JudgedProgram, job: JudgeJob, tests: tuple[JudgeInput, ...], slot: int
    ) -> AsyncGenerator[Run]:
        """One a test; a checker has a folder of its own, which the program's box never shows."""
        if job.checker is None or not tests:
            async with aclosing(program.runs(tests, job.limits)) as runs:
                async for run in runs:
                    yield run
            return
        offer, boxes = await self._offer(job.checker.language)
        async with self._job_folder() as folder:
            place = Place(boxes=boxes, kit=offer.kit, folder=folder, slot=slot, cache=self._cache)
            async with Referee(place, job.checker) as referee:
                await referee.compile()
                async with aclosing(referee.runs(program, tests, job.limits)) as runs:
                    async for run in runs:
                        yield run

    async def describe(self) -> SandboxReport:
        """What this machine gives, and every language with its version or what it lacks."""
        machine = await self._machine()
        boxing = machine.boxing
        return SandboxReport(
            problem=machine.problem,
            weaknesses=machine.weaknesses,
            bwrap_path=str(machine.bwrap) if machine.bwrap else None,
            bwrap_version=machine.bwrap_version,
            user_namespaces=boxing is not None,
            init_built=machine.init_built,
            seccomp=boxing is not None,
            separate_uids=boxing is not None and boxing.first_uid is not None,
            cgroups=machine.cgroups.versions(),
            memory_limit_bites=machine.memory_limit_bites,
            slots=self._slots,
            languages=await self._language_reports(),
        )

    async def close(self) -> None:
        self._is_closed = True
        if self._starting:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._offers:
            await self._offers.close()
        if self._boxes:
            await self._boxes.close()
        self._numbers.free()
        if self._own:
            await asyncio.to_thread(self._own.remove)

    # --- starting ---

    async def _machine(self) -> Machine:
        """What was found; looked for once, however many ask, and whoever gives up waiting."""
        if self._is_closed:
            raise JudgeUnavailable(CLOSED)
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        starting = self._starting
        try:
            return await result_of(starting)
        except Exception:  # of any kind, and passed on
            if self._starting is starting and starting.done():
                self._starting = None  # what failed once is tried again by the next who asks
            raise

    async def _start(self) -> Machine:
        try:
            own = self._own = self._own or OwnFolder(self._folder)
            numbers = self._numbers.claim(self._slots)
            cgroups = self._find_cgroups()
            machine = await look_at(self._folder, own.path, cgroups, allow_weak=self._allow_weak)
        except OSError as error:
            self._numbers.free()
            raise JudgeUnavailable(f"the sandbox could not be started: {error}") from error
        for slot in numbers:
            self._free.put_nowait(slot)
        if machine.boxing and machine.problem is None:
            self._boxes = Boxes(machine.boxing, machine.cgroups)
            turns = Turns(max(1, self._slots - 1))
            self._offers = Offers(self._boxes, self._folder, self._slot, self._job_folder, turns)
            self._offers.begin(self._only, RAW if self._raw else ())
        return machine

    async def _offer(self, language: LanguageId) -> tuple[Offer, Boxes]:
        machine = await self._machine()
        if self._offers is None or self._boxes is None:
            raise JudgeUnavailable(machine.problem or "there is no sandbox")
        offer = await self._offers.get(language)
        if not isinstance(offer, Offer):
            raise LanguageNotOffered(language)
        return offer, self._boxes

    async def _means(self, offer: Offer, job: JudgeJob) -> Means:
        machine = await self._machine()
        return Means(
            toolchain=offer.toolchain,
            judge=machine.version,
            wall_time_ms=job.options.wall_time_ms or job.limits.wall_time_ms,
        )

    async def _language_reports(self) -> tuple[LanguageReport, ...]:
        return tuple(
            LanguageReport(
                id=LanguageId(found.entry.id),
                name=found.entry.name,
                version=None if isinstance(found, Refusal) else found.language.version,
                reason=found.reason if isinstance(found, Refusal) else None,
            )
            for found in (await self._offers.all() if self._offers else ())
        )

    # --- what a job holds while it lasts ---

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[int]:
        slot = await self._free.get()
        try:
            yield slot
        finally:
            self._free.put_nowait(slot)

    @contextlib.asynccontextmanager
    async def _job_folder(self) -> AsyncIterator[Path]:
        try:
            folder = _fresh_folder(self._own.path if self._own else None)
        except OSError as error:
            raise JudgeUnavailable(f"no folder could be made: {error}") from error
        try:
            yield folder
        finally:
            await to_its_end(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


def _fresh_folder(parent: Path | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="job-", dir=parent))
    folder.chmod(0o755)
    return folder
