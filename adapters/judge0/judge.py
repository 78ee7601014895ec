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
from application.ports.judge import (
    JobRefused,
    JudgeCallbacks,
    JudgeJob,
    JudgePort,
    JudgeUnavailable,
)
from application.ports.telemetry import SILENT, Telemetry
from domain.checker_program import CheckerProgram
from domain.errors import LanguageNotOffered
from domain.ids import LanguageId
from domain.language import Language
from domain.run import Compilation, Means, Run

_KEPT_FOR = timedelta(minutes=10)
_KEPT_LONGER_FOR = timedelta(minutes=1)
"""After a look that failed, what is known goes on to hold."""
_START_S = 30.0
_MOMENT_S = 1.0
"""How long whoever asks for the languages may wait, when nothing is known yet."""
_SLOW = "does not answer in time"
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
    version: str
    fresh_until: datetime


class Judge0Judge(JudgePort, JudgeCallbacks):
    """Judges on a remote Judge0 of release 1.13, its hosted variants included.

    `api_key` is its X-Auth-Token, or the key of RapidAPI where the address is one of theirs. As
    Judge0 compiles for each test anew, the first one goes alone: it tells whether the program
    compiles. Nothing is compared there. Whoever calls `languages` is told what is known at once,
    and waits for a second at most where that is nothing; a job waits as long as `pace` has
    patience.
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
        http = PatientHttp(
            url,
            api_key,
            clock,
            request_s=pace.request_s,
            answer_s=pace.answer_s,
            telemetry=telemetry,
        )
        self._client = Judge0Client(http, patience_s=pace.patience_s)
        self._clock = clock
        self._slots = slots
        self._pace = pace
        self._callbacks = callbacks
        self._facts: _Facts | None = None
        self._look: asyncio.Task[JudgeUnavailable | None] | None = None
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
        try:
            async with asyncio.timeout(_START_S):
                await self._facts_now(_START_S)
        except TimeoutError:
            raise JudgeUnavailable(f"{self._client.where} {_SLOW}, for {_START_S:.0f} s") from None

    async def languages(self) -> tuple[Language, ...]:
        """As the port says.

        Raises:
            JudgeUnavailable: it was never seen, and is not seen within a second either.
        """
        facts = self._facts or await self._facts_in_a_moment()
        if self._clock.now() >= facts.fresh_until:
            _ = self._looking()
        return tuple(offer.language for offer in facts.offers.values())

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        raise self._refusal()

    def _refusal(self) -> JobRefused:
        return JobRefused(f"{self._client.where} runs no checkers; a local sandbox does")

    async def judge(self, job: JudgeJob) -> AsyncGenerator[Compilation | Run]:
        if job.checker is not None:
            raise self._refusal()
        facts = await self._facts_for_a_job()
        offer = facts.offers.get(job.language)
        if offer is None:
            raise LanguageNotOffered(job.language)
        order = order_of(job, offer, facts.config)
        async with self._free:
            following = self._following(order, facts.config)
            try:
                async with aclosing(following.events(job.inputs)) as events:
                    async for event in events:
                        yield self._told(event, facts, offer, order)
            except NotTaken:
                if self._facts is facts:
                    self._facts = replace(facts, fresh_until=self._clock.now())
                raise
            finally:
                self._sleeping.pop(following.wake_token, None)

    def wake(self, token: str) -> None:
        sleeping = self._sleeping.get(token)
        if sleeping is not None:
            sleeping.set()

    async def close(self) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait({self._look})
        await self._client.close()

    def _told(
        self, event: Compilation | Run, facts: _Facts, offer: Offer, order: Order
    ) -> Compilation | Run:
        """The same, with what it was judged by."""
        if isinstance(event, Run):
            return event
        means = Means(
            toolchain=offer.judge0_name,
            judge=f"{self._client.where}, release {facts.version or 'unknown'}",
            wall_time_ms=round(order.wall_s * 1000),
        )
        return replace(event, means=means)

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

    # --- what the server says of itself; when it is away, what it said before ---

    async def _facts_for_a_job(self) -> _Facts:
        """What is known, once it was tried to know it anew where that is due."""
        if self._facts is None:
            return await self._facts_now(self._pace.patience_s)
        if self._clock.now() >= self._facts.fresh_until:
            await asyncio.wait({self._looking()})
        return self._facts

    async def _facts_in_a_moment(self) -> _Facts:
        """What the look that is under way finds, if it finds it soon."""
        looking = self._looking()
        await asyncio.wait({looking}, timeout=_MOMENT_S)
        if self._facts is not None:
            return self._facts
        reason = looking.result() if looking.done() and not looking.cancelled() else None
        raise reason or JudgeUnavailable(f"{self._client.where} {_SLOW}")

    def _looking(self) -> asyncio.Task[JudgeUnavailable | None]:
        """The one look in the background, begun if there is none. Nobody who waits ends it."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_once())
        return self._look

    async def _look_once(self) -> JudgeUnavailable | None:
        try:
            await self._facts_now(0)
        except JudgeUnavailable as reason:
            if self._facts is not None:
                fresh_until = self._clock.now() + _KEPT_LONGER_FOR
                self._facts = replace(self._facts, fresh_until=fresh_until)
            return reason
        return None

    async def _facts_now(self, patience_s: float) -> _Facts:
        languages, config = await self._client.facts(patience_s=patience_s)
        fresh_until = self._clock.now() + _KEPT_FOR
        found = offers(languages, most_of(config))
        version = await self._client.version()
        self._facts = _Facts(offers=found, config=config, version=version, fresh_until=fresh_until)
        return self._facts
