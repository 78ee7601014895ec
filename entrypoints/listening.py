"""A server's address, and how Litestar's applications are served on it until they are to stop."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass

import uvicorn
from litestar import Litestar

from config.bad_setting import BadSetting
from entrypoints.connections import GuardedConnection

STOP_S = 10
"""How long requests under way may take to end after a stop was asked for."""
MAX_CONNECTIONS = 4_096
"""Whoever comes when so many are open is told 503."""
_BACKLOG = 2_048
_STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen; `setting` is what a person has to change if that cannot be."""

    host: str
    port: int
    setting: str

    def bound(self) -> socket.socket:
        """The address, taken for us: that another listens on it is found at once."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self.port))
        except OSError as error:
            listener.close()
            raise self._taken(error) from None
        listener.set_inheritable(False)
        return listener

    def listen(self, listener: socket.socket) -> None:
        """Take connections, and none before all that requests need has answered."""
        try:
            listener.listen(_BACKLOG)
        except OSError as error:
            raise self._taken(error) from None

    def shown(self, listener: socket.socket) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{listener.getsockname()[1]}"

    def _taken(self, error: OSError) -> BadSetting:
        problem = f"{self.port} on {self.host} cannot be listened on: {error.strerror}"
        return BadSetting(self.setting, problem)


class Server(uvicorn.Server):
    """Uvicorn, which tells when it is ready, and calls `when_stopping` before it waits."""

    def __init__(
        self,
        app: Litestar,
        *,
        when_started: Callable[[], None],
        when_stopping: Callable[[], None],
    ) -> None:
        super().__init__(_config(app))
        self._when_started = when_started
        self._when_stopping = when_stopping

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
            self._when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._when_stopping()
        await super().shutdown(sockets)


def allow_many_files() -> None:
    """Connections and boxes need descriptors; the usual soft limit of 1024 is for old programs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _config(app: Litestar) -> uvicorn.Config:
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
