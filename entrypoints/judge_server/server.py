"""The judge server, from its start to its stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import fields
from pathlib import Path

import msgspec
import structlog
import uvloop
from litestar import Litestar

from config.container import Container, close_judge_server
from config.home_lock import locked_home
from config.settings import Settings
from domain.language import Language
from domain.ticket import Flavour, Ticket
from entrypoints.judge_server.admission import Door
from entrypoints.judge_server.app import create_app
from entrypoints.judge_server.beside import beside_the_loop
from entrypoints.judge_server.catalogue import catalogue
from entrypoints.judge_server.desk import Desk, DeskWork
from entrypoints.judge_server.office import Office, TicketUseCases
from entrypoints.judge_server.views import USUAL_FIELDS, View, size_of
from entrypoints.listening import Address, Server, allow_many_files
from entrypoints.logs import configure_logs

_VERSIONS = {Flavour.COMMON: "1.13.1", Flavour.EXTRA: "1.13.1-extra"}
_log = structlog.get_logger(__name__)


class JudgingEnded(Exception):
    """The judging ended although nobody had asked for that."""


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Run until told to stop (SIGTERM, SIGINT); `announce` is told the address.

    Raises:
        BadSetting: the address cannot be listened on, is open to others without a token, or
            another judge server has the home folder.
        StoreUnavailable: at the start, what waits to be judged cannot be read.
        JudgeUnavailable: there is no sandbox.
        JudgingEnded: by a defect; a server that cannot judge does not go on taking what is to be.
    """
    configure_logs()
    own = settings.judge_server
    own.check_admission()
    allow_many_files()
    address = Address(host=own.host, port=own.port, setting="ASSAY_JUDGE_SERVER_PORT")
    with (
        locked_home(_own_folder(settings)),
        contextlib.closing(address.bound()) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, address, listener, announce))


async def _serve(
    settings: Settings,
    address: Address,
    listener: socket.socket,
    announce: Callable[[str], None],
) -> None:
    container = Container(settings=settings)
    try:
        languages = await container.own_judge().languages()
        if not languages:
            _log.error("nothing can be judged on this machine: `assay doctor` says why")
        await container.measure_backlog()()
        ended: list[BaseException | None] = []

        def stop(cause: BaseException | None) -> None:
            ended.append(cause)
            server.handle_exit(signal.SIGTERM, None)

        server = Server(
            build_app(container, languages, when_ended=stop),
            when_started=lambda: announce(address.shown(listener)),
            when_stopping=lambda: None,
        )
        address.listen(listener)
        await server.serve(sockets=[listener])
        if ended:
            raise JudgingEnded from ended[0]
    finally:
        await close_judge_server(container)


def build_app(
    container: Container,
    languages: Iterable[Language],
    *,
    when_ended: Callable[[BaseException | None], None] = lambda _: None,
) -> Litestar:
    """The application over what the container has, with its judging while it lives.

    `when_ended` is told if the judging ends before.
    """
    settings = container.settings().judge_server
    views = {flavour: View(catalogue(flavour, languages), settings.config) for flavour in Flavour}

    async def body_of(ticket: Ticket) -> bytes:
        def made() -> bytes:
            return msgspec.json.encode(views[ticket.flavour](ticket, USUAL_FIELDS, encoded=True))

        return await beside_the_loop(made, size=size_of(ticket))

    desk = Desk(
        DeskWork(**{f.name: getattr(container, f.name)() for f in fields(DeskWork)}),
        settings.config,
        slots=container.own_judge().slots,
        body_of=body_of,
    )
    use_cases = {f.name: getattr(container, f.name)() for f in fields(TicketUseCases)}
    offices = [
        Office(
            flavour=flavour,
            version=_VERSIONS[flavour],
            catalogue=catalogue(flavour, languages),
            config=settings.config,
            view=views[flavour],
            use_cases=TicketUseCases(**use_cases),
            desk=desk,
            clock=container.clock(),
        )
        for flavour in Flavour
    ]

    @contextlib.asynccontextmanager
    async def judging(_: Litestar) -> AsyncGenerator[None]:
        async with _running(desk, when_ended):
            yield

    return create_app(offices, Door(settings), lifespan=[judging])


@contextlib.asynccontextmanager
async def _running(
    desk: Desk, when_ended: Callable[[BaseException | None], None]
) -> AsyncGenerator[None]:
    def ended(judging: asyncio.Task[None]) -> None:
        if not is_stopping:
            cause = None if judging.cancelled() else judging.exception()
            _log.critical("the judging has ended: the server stops", exc_info=cause)
            when_ended(cause)

    is_stopping = False
    task = asyncio.create_task(desk.run())
    task.add_done_callback(ended)
    try:
        yield
    finally:
        is_stopping = True
        task.cancel()
        await asyncio.wait({task})


def _own_folder(settings: Settings) -> Path | None:
    if settings.home is None:
        return None
    folder = settings.home / "judge-server"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
