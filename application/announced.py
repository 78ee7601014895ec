"""The languages of the workers, for a server that has no judge of its own."""

from dataclasses import replace
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from application.ports.workers import Worker
from domain.ids import LanguageId
from domain.language import Language

ALIVE = timedelta(seconds=15)
"""Without a word for longer, a worker is taken for dead; it announces itself every 2 seconds."""
REMEMBERED = timedelta(days=1)
"""While no worker lives, what the dead ones offered is still taken in: others will come."""
_FRESH = timedelta(seconds=2)


class AnnouncedLanguages(LanguageOffer):
    """What any living worker offers, as of at most 2 seconds ago."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._known: tuple[Language, ...] = ()
        self._stale_at: datetime | None = None

    async def languages(self) -> tuple[Language, ...]:
        """The languages by id; of several versions of one, that of the worker seen last.

        Checkers are run where any of them runs some.

        Raises:
            StoreUnavailable: the workers' list cannot be read now.
        """
        now = self._clock.now()
        if self._stale_at is None or now >= self._stale_at:
            self._known = await self._read(now)
            self._stale_at = now + _FRESH
        return self._known

    async def _read(self, now: datetime) -> tuple[Language, ...]:
        async with self._storage.read() as unit:
            remembered = await unit.workers.alive(now - REMEMBERED)
        living = [worker for worker in remembered if worker.seen_at > now - ALIVE]
        by_age = sorted(living or remembered, key=_seen_at)
        known: dict[LanguageId, Language] = {}
        for language in (language for worker in by_age for language in worker.languages):
            before = known.get(language.id)
            runs_checkers = language.runs_checkers or (before is not None and before.runs_checkers)
            known[language.id] = replace(language, runs_checkers=runs_checkers)
        return tuple(known[language] for language in sorted(known))


def _seen_at(worker: Worker) -> datetime:
    return worker.seen_at
