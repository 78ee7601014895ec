"""The server, from its start to its stop: HTTP, and the worker where the queue is in-process."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import fields

import structlog
import uvloop
from litestar import Litestar

from config.container import Container, close
from config.home_lock import locked_home
from config.services import QueueKind
from config.settings import Settings
from config.start import open_services
from entrypoints.http.app import create_app
from entrypoints.http.streams import Streams
from entrypoints.http.use_cases import HttpOptions, UseCases
from entrypoints.listening import Address, Server, allow_many_files
from entrypoints.logs import configure_logs
from entrypoints.worker.in_process import InProcessWorker

_log = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    *,
    prepare: Callable[[Container], Awaitable[None]],
    announce: Callable[[str], None],
) -> None:
    """Run the server until it is told to stop (SIGTERM, SIGINT).

    `prepare` is awaited before the first request is taken; `announce` is told the address when
    requests are taken.

    Raises:
        BadSetting: the address cannot be listened on, another server has the home folder, or it
            holds the data of a later version.
        StoreUnavailable: a store cannot be reached.
    """
    configure_logs()
    allow_many_files()
    address = Address(host=settings.host, port=settings.port, setting="ASSAY_PORT")
    with (
        locked_home(settings.home if _judges(settings) else None),
        contextlib.closing(address.bound()) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, address, listener, prepare, announce))


async def _serve(
    settings: Settings,
    address: Address,
    listener: socket.socket,
    prepare: Callable[[Container], Awaitable[None]],
    announce: Callable[[str], None],
) -> None:
    container = Container(settings=settings)
    streams = Streams()
    try:
        await open_services(container)
        await _first_admin(container, settings)
        await prepare(container)
        server = Server(
            _app(container, settings, streams),
            when_started=lambda: announce(address.shown(listener)),
            when_stopping=streams.end,
        )
        address.listen(listener)
        await server.serve(sockets=[listener])
    finally:
        await close(container)


def _app(container: Container, settings: Settings, streams: Streams) -> Litestar:
    options = HttpOptions(
        cursor_key=container.keys().cursors,
        rate_limits=settings.rate_limits,
        trusted_proxies=settings.trusted_proxies,
        metrics_token=settings.metrics_token,
        public_url=settings.public_url,
        loopback=settings.is_loopback,
    )

    @contextlib.asynccontextmanager
    async def working(_: Litestar) -> AsyncGenerator[None]:
        if not _judges(settings):
            yield
            return
        container.figures().note_slots(container.judge().slots)
        tasks = {
            asyncio.create_task(_worker(container).run()),
            asyncio.create_task(_say_whether_anything_can_be_judged(container)),
        }
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    return create_app(_use_cases(container), options, lifespan=[working], streams=streams)


async def _say_whether_anything_can_be_judged(container: Container) -> None:
    if not await container.judge().languages():
        _log.error("nothing can be judged on this machine: `assay doctor` says why")


def _judges(settings: Settings) -> bool:
    """Whether this process is a worker, too: with a remote queue others are."""
    return settings.services.queue is QueueKind.IN_PROCESS


def _use_cases(container: Container) -> UseCases:
    """Every field of UseCases from the provider of the same name (the echo rule at work)."""
    built = {field.name: getattr(container, field.name)() for field in fields(UseCases)}
    return UseCases(**built)


def _worker(container: Container) -> InProcessWorker:
    return InProcessWorker(
        recover_work=container.recover_work(),
        judge_submission=container.judge_submission(),
        wake_workers=container.wake_workers(),
        forget_expired=container.forget_expired(),
        wake_ups=container.queue(),
        graveyard=container.dead_letters(),
        clock=container.clock(),
        slots=container.judge().slots,
        advance_rejudges=container.advance_rejudges(),
        settle_outcomes=container.settle_outcomes(),
    )


async def _first_admin(container: Container, settings: Settings) -> None:
    if settings.admin is None:
        return
    email, password = settings.admin
    made = await container.create_admin()(email=email, password=password, only_if_none=True)
    if made is not None:
        _log.info("the first admin is made", email=made.email)
