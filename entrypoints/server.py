"""The server, from its start to its stop: HTTP, and the worker where the queue is in-process."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import fields

import structlog
import uvicorn
import uvloop
from litestar import Litestar

from config.bad_setting import BadSetting
from config.container import Container, close
from config.home_lock import locked_home
from config.services import QueueKind
from config.settings import Settings
from config.start import open_services
from entrypoints.connections import GuardedConnection
from entrypoints.http.app import create_app
from entrypoints.http.streams import Streams
from entrypoints.http.use_cases import HttpOptions, UseCases
from entrypoints.logs import configure_logs
from entrypoints.worker.in_process import InProcessWorker

STOP_S = 10
"""How long requests under way may take to end after a stop was asked for."""
MAX_CONNECTIONS = 4_096
"""Whoever comes when so many are open is told 503."""
_BACKLOG = 2_048
_STOPS = (signal.SIGTERM, signal.SIGINT)

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
    _allow_many_files()
    with (
        locked_home(settings.home if _judges(settings) else None),
        contextlib.closing(_bound(settings)) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, listener, prepare, announce))


async def _serve(
    settings: Settings,
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
        server = _Server(_uvicorn_config(_app(container, settings, streams)), streams)
        server.when_started = lambda: announce(_address(settings, listener))
        _listen(settings, listener)
        await server.serve(sockets=[listener])
    finally:
        await close(container)


class _Server(uvicorn.Server):
    """Uvicorn, which tells when it is ready, and ends streams when it is told to stop."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams
        self.when_started: Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop on SIGTERM and SIGINT; a stop that was asked for is a good end, not a death.

        Uvicorn's own raises the signal again afterwards, before the container is closed.
        """
        loop = asyncio.get_running_loop()
        for number in _STOPS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _STOPS:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.end()
        await super().shutdown(sockets)


def _uvicorn_config(app: Litestar) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=GuardedConnection,
        limit_concurrency=MAX_CONNECTIONS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application believes only the proxies that it was told of
        timeout_graceful_shutdown=STOP_S,
        lifespan="on",
    )


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
    )


async def _first_admin(container: Container, settings: Settings) -> None:
    if settings.admin is None:
        return
    email, password = settings.admin
    made = await container.create_admin()(email=email, password=password, only_if_none=True)
    if made is not None:
        _log.info("the first admin is made", email=made.email)


def _allow_many_files() -> None:
    """Connections and boxes need descriptors; the usual soft limit of 1024 is for old programs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _bound(settings: Settings) -> socket.socket:
    """The address, taken for us: that another listens on it is found at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise _taken(settings, error) from None
    listener.set_inheritable(False)
    return listener


def _listen(settings: Settings, listener: socket.socket) -> None:
    """Take connections, and none before all that requests need has answered."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        raise _taken(settings, error) from None


def _taken(settings: Settings, error: OSError) -> BadSetting:
    problem = f"{settings.port} on {settings.host} cannot be listened on: {error.strerror}"
    return BadSetting("ASSAY_PORT", problem)


def _address(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"
