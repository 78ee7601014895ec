"""Which languages this machine really runs: each is offered only after a hello-world in a box."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.sandbox.compile_key import tools_of
from adapters.sandbox.compiling import compile_program, prepare, version_of
from adapters.sandbox.kits import Kit, shown
from adapters.sandbox.languages import TABLE, Entry
from adapters.sandbox.locks import FileLock, Locked
from adapters.sandbox.outcome import BoxBroken, BoxesClosed, Outcome
from adapters.sandbox.programs import run_test
from adapters.sandbox.running import Boxes
from adapters.sandbox.sources import sources_of
from adapters.sandbox.tools import ToolMissing
from adapters.sandbox.turns import Turns
from adapters.sandbox.waiting import CLOSED, result_of
from domain.ids import LanguageId
from domain.language import Language
from domain.limits import Limits
from domain.program import single_file

_HELLO = b"hello\n"
_HELLO_LIMITS = Limits(time_ms=10_000, memory_kib=524_288)
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_SAID_LENGTH = 300
_UNUSED_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A language that works here; `toolchain` is what its tools say of their version."""

    entry: Entry
    kit: Kit
    language: Language
    toolchain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A language that does not, and why, for staff; `may_pass` where another try may succeed."""

    entry: Entry
    reason: str
    may_pass: bool = True


class Offers:
    """Tries every entry of the table once; who asks for one language waits for that one only.

    `turns` says how many are tried at once, so that a slot is left for those who judge meanwhile.
    """

    def __init__(
        self,
        boxes: Boxes,
        folder: Path,
        slot: Callable[[], AbstractAsyncContextManager[int]],
        job_folder: Callable[[], AbstractAsyncContextManager[Path]],
        turns: Turns,
    ) -> None:
        self._turns = turns
        self._boxes = boxes
        self._prepared = folder / "prepared"
        self._slot = slot
        self._job_folder = job_folder
        self._tried: dict[str, asyncio.Task[Offer | Refusal]] = {}
        self._completed: dict[str, asyncio.Task[Offer | Refusal]] = {}
        self._in_use: dict[Path, FileLock] = {}

    def begin(self, only: Collection[str], others: Collection[Entry] = ()) -> None:
        """Leave what cannot do without preparation to the end: the others are used meanwhile."""
        wanted = [*others, *(entry for entry in TABLE if not only or entry.id in only)]
        for entry in sorted(wanted, key=_is_late):
            self._tried[entry.id] = asyncio.create_task(self._tried_entry(entry))

    async def get(self, language: LanguageId) -> Offer | Refusal | None:
        """What may be judged in now: waits for what has to be prepared, and for no other."""
        tried = self._tried.get(language)
        if tried is None:
            return None
        self._turns.hurry(language)
        found = await result_of(tried)
        completed = self._completed.get(language)
        if completed is None or (found.entry.works_unprepared and not completed.done()):
            return found
        whole = await result_of(completed)
        return found if found.entry.works_unprepared and isinstance(whole, Refusal) else whole

    async def all(self) -> tuple[Offer | Refusal, ...]:
        found = [await result_of(task) for task in self._tried.values()]
        return tuple(sorted(found, key=lambda one: one.entry.id))

    async def languages(self) -> tuple[Language, ...]:
        return tuple(one.language for one in await self.all() if isinstance(one, Offer))

    async def settled(self) -> None:
        """Return when nothing is tried or prepared any more."""
        await self.all()
        for task in tuple(self._completed.values()):
            await result_of(task)

    async def close(self) -> None:
        tasks = (*self._tried.values(), *self._completed.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._in_use:
            self._in_use.popitem()[1].close()

    async def _tried_entry(self, entry: Entry) -> Offer | Refusal:
        async with self._turns.turn(entry.id):
            return await _tried_twice(entry, lambda: self._offer(entry))

    async def _offer(self, entry: Entry) -> Offer:
        kit = Kit(entry=entry, toolchain=await entry.find())
        async with self._slot() as slot, self._job_folder() as folder:
            version = await version_of(self._boxes, kit, slot)
            _must(version, "its version was asked for")
            kit = replace(kit, said=version.stdout + version.stderr)
            whole = self._kept(kit, version, entry.prepare)
            if now := self._prepared_first(entry, whole):
                kit = await self._prepared_kit(kit, version, now, slot)
            await self._say_hello(kit, folder, slot)
        language = _language(kit, version)
        toolchain = f"{entry.name}: {_first_line(version)}"
        offer = Offer(entry=entry, kit=kit, language=language, toolchain=toolchain)
        if entry.prepare and kit.prepared != whole:
            work = _tried_twice(entry, lambda: self._whole_offer(offer, version))
            self._completed[entry.id] = asyncio.create_task(work)
        return offer

    def _prepared_first(self, entry: Entry, whole: Path) -> str:
        """The script that has to have run before its hello-world; an empty one where none has."""
        if whole.is_dir() or not (entry.prepare_quickly or entry.works_unprepared):
            return entry.prepare
        return entry.prepare_quickly

    async def _whole_offer(self, offer: Offer, version: Outcome) -> Offer:
        """Where nobody waits for it, only after all languages that are there have been tried."""
        turn = offer.entry.id
        if offer.entry.works_unprepared:
            await asyncio.wait(self._tried.values())
            turn = f"{turn}, prepared"  # which nobody hurries
        async with self._turns.turn(turn), self._slot() as slot:
            kit = await self._prepared_kit(offer.kit, version, offer.entry.prepare, slot)
        return replace(offer, kit=kit)

    async def _say_hello(self, kit: Kit, folder: Path, slot: int) -> None:
        sources = sources_of(single_file(kit.entry.hello), kit.entry)
        built = await compile_program(self._boxes, kit, sources, folder, slot)
        if not built.compilation.ok:
            said = built.compilation.output[-_SAID_LENGTH:]
            raise BoxBroken(f"its hello-world was not compiled: {said}")
        run = await run_test(self._boxes, kit, built, (0, b"", _HELLO_LIMITS), slot)
        if run.stdout != _HELLO or run.exit_code != 0:
            said = (run.stderr or run.stdout)[-_SAID_LENGTH:].decode(errors="replace")
            raise BoxBroken(f"its hello-world did not say hello: {said}")

    def _kept(self, kit: Kit, version: Outcome, script: str) -> Path:
        said = version.stdout, version.stderr
        text = repr((script, said, sorted(kit.toolchain.paths.items()), tools_of(kit)))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._prepared / f"{kit.entry.id}-{digest}"

    async def _prepared_kit(self, kit: Kit, version: Outcome, script: str, slot: int) -> Kit:
        """Made once for this script and these tools, and kept; a half-made one is never seen."""
        kept = self._kept(kit, version, script)
        self._prepared.mkdir(parents=True, exist_ok=True)
        if kept not in self._in_use:
            lock = self._in_use[kept] = FileLock(_lock_of(kept), os.O_CREAT)
            await asyncio.to_thread(lock.share)
        if not kept.is_dir():
            async with self._job_folder() as folder:
                fresh = folder / "prepared"
                fresh.mkdir()
                fresh.chmod(0o755)
                _must(await prepare(self._boxes, kit, script, fresh, slot), "it was prepared")
                await asyncio.to_thread(_keep, fresh, kept)
        await asyncio.to_thread(_sweep, self._prepared, kit.entry, kept)
        return replace(kit, prepared=kept)


async def _tried_twice(
    entry: Entry, work: Callable[[], Coroutine[None, None, Offer]]
) -> Offer | Refusal:
    """A machine that is busy at its start must not lose a language for as long as it runs."""
    found = await _or_refusal(entry, work())
    if isinstance(found, Refusal) and found.may_pass:
        return await _or_refusal(entry, work())
    return found


async def _or_refusal(entry: Entry, work: Coroutine[None, None, Offer]) -> Offer | Refusal:
    try:
        return await work
    except ToolMissing as error:
        return Refusal(entry=entry, reason=error.reason, may_pass=False)
    except BoxesClosed:
        return Refusal(entry=entry, reason=CLOSED, may_pass=False)
    except BoxBroken as error:
        return Refusal(entry=entry, reason=error.reason)
    except Exception as error:  # noqa: BLE001 - one language's fault must not reach the others
        return Refusal(entry=entry, reason=f"{type(error).__name__}: {error}")


def _keep(fresh: Path, kept: Path) -> None:
    try:
        fresh.rename(kept)
    except OSError:
        if not kept.is_dir():  # else another server was first
            raise
        shutil.rmtree(fresh, ignore_errors=True)


def _sweep(prepared: Path, entry: Entry, kept: Path) -> None:
    """What other tools of this language left goes when no server uses it, or has for long."""
    with contextlib.suppress(OSError):
        os.utime(kept)
        for other in prepared.glob(f"{entry.id}-*"):
            if kept.stat().st_mtime - other.stat().st_mtime > _UNUSED_S:
                with FileLock(_lock_of(other), os.O_CREAT) as lock:
                    if lock.take() is Locked.MINE:
                        shutil.rmtree(other, ignore_errors=True)


def _lock_of(kept: Path) -> Path:
    """Beside it, for a box sees what is in it; it stays, since others may wait for it."""
    return kept.with_name(f".{kept.name}.lock")


def _is_late(entry: Entry) -> bool:
    return bool(entry.prepare) and not entry.works_unprepared


def _must(outcome: Outcome, when: str) -> None:
    if not outcome.is_success:
        said = (outcome.stderr or outcome.stdout)[-_SAID_LENGTH:].decode(errors="replace")
        how = ", ".join(outcome.excess) or f"status {outcome.exit_code or outcome.signal}"
        raise BoxBroken(f"failed when {when} ({how}): {said}")


def _first_line(version: Outcome) -> str:
    """The line with the version, as a judgement records it."""
    said = (version.stdout + version.stderr).decode(errors="replace")
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return next(filter(_VERSION.search, lines), "")[:_SAID_LENGTH]


def _language(kit: Kit, version: Outcome) -> Language:
    entry = kit.entry
    found = _VERSION.search((version.stdout + version.stderr).decode(errors="replace"))
    return Language(
        id=LanguageId(entry.id),
        name=entry.name,
        version=found[0] if found else "",
        file_name=entry.file_name,
        compile_command=entry.compile_shown
        or shown(kit, entry.compile or (*entry.check, "{sources}")),
        run_command=entry.run_shown or shown(kit, entry.run),
        time_factor=entry.time_factor,
        extra_memory_kib=entry.extra_memory_kib,
    )
