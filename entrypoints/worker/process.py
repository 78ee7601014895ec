"""A worker process, from its start to its stop."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import structlog
import uvloop

from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreUnavailable
from config.container import Container, close
from config.settings import Settings
from config.start import open_judge, open_services
from entrypoints.logs import configure_logs
from entrypoints.metrics import Metrics
from entrypoints.worker.consumers import consumer_of
from entrypoints.worker.core import Consumer, WorkerCore
from entrypoints.worker.metrics import shown_metrics
from entrypoints.worker.stopping import Stopping, ended_by

GRACE_S = 20.0
"""How long what is being judged may take to end after a stop was asked for."""

_log = structlog.get_logger(__name__)


def run_worker(settings: Settings, *, announce: Callable[[int], None]) -> None:
    """Judge what the queue brings until told to stop (SIGTERM, SIGINT; twice: at once).

    `announce` is told the number of slots when work is taken.

    Raises:
        BadSetting: a setting cannot be used, or the queue is not one for several processes.
        StoreUnavailable: a store cannot be reached.
        JudgeUnavailable: this machine cannot judge.
    """
    configure_logs()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, announce))


async def _run(settings: Settings, announce: Callable[[int], None]) -> None:
    container = Container(settings=settings)
    structlog.contextvars.bind_contextvars(worker=container.worker())
    stopping = Stopping()
    with stopping.listening():
        try:
            consumer = consumer_of(container)
            await ended_by(stopping.asked, _ready(container))
            if not stopping.asked.is_set():
                core = _core(container)
                async with _metrics_shown(container, settings, core.slots):
                    await _make_known(container)
                    announce(core.slots)
                    await work(core, consumer, stopping)
                await _withdraw(container)
        finally:
            await close(container)


async def _ready(container: Container) -> None:
    """Return when the stores answer and something can be judged: else others are to do it."""
    await open_services(container)
    await open_judge(container)
    if not await container.judge().languages():
        raise JudgeUnavailable("no language works on this machine: see assay doctor")


def _core(container: Container) -> WorkerCore:
    return WorkerCore(
        judge_submission=container.judge_submission(),
        wake_workers=container.wake_workers(),
        forget_expired=container.forget_expired(),
        clock=container.clock(),
        slots=container.judge().slots,
        announce_worker=container.announce_worker(),
        advance_rejudges=container.advance_rejudges(),
        settle_outcomes=container.settle_outcomes(),
    )


def _metrics_shown(
    container: Container, settings: Settings, slots: int
) -> AbstractAsyncContextManager[int | None]:
    container.figures().note_slots(slots)
    metrics = Metrics(container.measure_queue(), container.figures())
    host, port = settings.worker_metrics
    return shown_metrics(metrics, port, host=host, token=settings.metrics_token)


async def _make_known(container: Container) -> None:
    """Before anybody hears that it judges: servers offer what workers have announced."""
    with suppress(StoreUnavailable):  # the timer goes on to try
        await container.announce_worker()(container.clock().now())


async def _withdraw(container: Container) -> None:
    try:
        await container.withdraw_worker()()
    except StoreUnavailable as away:
        _log.warning("others will learn of this stop by its silence", reason=str(away))


async def work(
    core: WorkerCore, consumer: Consumer, stopping: Stopping, *, grace_s: float = GRACE_S
) -> None:
    """Work until a stop is asked for, and for `grace_s` more finish what has been begun."""
    timers = asyncio.create_task(core.keep_time())
    consuming = asyncio.create_task(consumer.consume(core))
    asked = asyncio.create_task(stopping.asked.wait())
    everything = {timers, consuming, asked}
    try:
        await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        _log.info("the worker stops: it takes nothing new")
        consuming.cancel()
        await ended_by(stopping.at_once, core.stop(grace_s))
    finally:
        await core.stop(0)
        for task in everything:
            if not task.cancelling():  # twice would break off what it does at its end
                task.cancel()
        await asyncio.wait(everything)
    for task in (timers, consuming):
        if not task.cancelled():
            task.result()  # it ended by itself: whatever it failed of ends the process
