"""The judge that is a Judge0 elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.judge0.client import Judge0Client, NotTaken
from adapters.judge0.following import Following, Pace
from adapters.judge0.http import PatientHttp
from adapters.judge0.languages import Offer, offers
from adapters.judge0.orders import Order, most_of, order_of
from adapters.judge0.wire import Config
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.judge import JudgeCallbacks, JudgeJob, JudgePort, JudgeUnavailable
from application.ports.telemetry import SILENT, Telemetry
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.judging import Compilation, Run
from domain.language import Language

_KEPT_FOR = timedelta(minutes=10)
_KEPT_LONGER_FOR = timedelta(minutes=1)
"""After a look that failed, what is known goes on to hold."""
_START_S = 30.0
_USUAL = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Where Judge0 can reach us: `url` is what a job's token is put behind."""

    url: str
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the server said of itself, and until when that is believed."""

    offers: Mapping[LanguageId, Offer]
    config: Config
    fresh_until: datetime


class Judge0Judge(JudgePort, JudgeCallbacks):
    """Judges on a remote Judge0 of release 1.13, its hosted variants included.

    `api_key` is its X-Auth-Token, or the key of RapidAPI where the address is one of theirs. As
    Judge0 compiles for each test anew, the first one goes alone: it tells whether the program
    compiles. Nothing is compared there. Whoever calls `languages` waits for a moment only; a job
    waits as long as `pace` has patience.
    """

    # PLR0913: what a deployment chooses, and what stands around it.
    def __init__(  # noqa: PLR0913
        self,
        url: str,
        api_key: str | None,
        clock: Clock,
        *,
        slots: int = 4,
        pace: Pace = _USUAL,
        callbacks: Callbacks | None = None,
        telemetry: Telemetry = SILENT,
    ) -> None:
        http = PatientHttp(url, api_key, clock, request_s=pace.request_s, telemetry=telemetry)
        self._client = Judge0Client(http, patience_s=pace.patience_s)
        self._clock = clock
        self._slots = slots
        self._pace = pace
        self._callbacks = callbacks
        self._facts: _Facts | None = None
        self._is_looking = False
        self._free = asyncio.Semaphore(slots)
        self._sleeping: dict[str, asyncio.Event] = {}

    @property
    def slots(self) -> int:
        return self._slots

    async def start(self) -> None:
        """See whether it is there, before anything is promised in its name.

        Raises:
            JudgeUnavailable: it refuses the key, or has not answered for 30 s.
        """
        await self._known(patience_s=_START_S)

    async def languages(self) -> tuple[Language, ...]:
        facts = await self._known(patience_s=0)
        return tuple(offer.language for offer in facts.offers.values())

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        facts = await self._known(patience_s=self._pace.patience_s)
        offer = facts.offers.get(job.language)
        if offer is None:
            raise LanguageNotOffered(job.language)
        order = order_of(job, offer, facts.config)
        async with self._free:
            following = self._following(order, facts.config)
            try:
                async with aclosing(following.events(job.inputs)) as events:
                    async for event in events:
                        yield event
            except NotTaken:
                self._facts = replace(facts, fresh_until=self._clock.now())
                raise
            finally:
                self._sleeping.pop(following.wake_token, None)

    def wake(self, token: str) -> None:
        sleeping = self._sleeping.get(token)
        if sleeping is not None:
            sleeping.set()

    async def close(self) -> None:
        await self._client.close()

    def _following(self, order: Order, config: Config) -> Following:
        token, woken = "", asyncio.Event()
        if self._callbacks and config.enable_callbacks:
            token = self._callbacks.ids.token()
            order = order.calling_back(f"{self._callbacks.url.rstrip('/')}/{token}")
            self._sleeping[token] = woken
        return Following(
            client=self._client,
            clock=self._clock,
            pace=self._pace.within(config),
            order=order,
            batched=config.enable_batched_submissions,
            woken=woken,
            wake_token=token,
        )

    async def _known(self, *, patience_s: float) -> _Facts:
        """What the server said of itself; when it is away, what it said before."""
        facts = self._facts
        if facts and (self._is_looking or self._clock.now() < facts.fresh_until):
            return facts
        self._is_looking = True
        try:
            languages, config = await self._client.facts(patience_s=0 if facts else patience_s)
        except JudgeUnavailable:
            if facts is None:
                raise
            fresh_until = self._clock.now() + _KEPT_LONGER_FOR
            self._facts = replace(facts, fresh_until=fresh_until)
        else:
            fresh_until = self._clock.now() + _KEPT_FOR
            offered = offers(languages, most_of(config))
            self._facts = _Facts(offers=offered, config=config, fresh_until=fresh_until)
        finally:
            self._is_looking = False
        return self._facts
