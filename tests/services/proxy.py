"""A proxy on loopback before a server, to be stopped still, cut and resumed as networks do it."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_PIECE_BYTES = 65_536


class Proxy:
    """Forwards connections to a port of loopback, in a thread of its own.

    `hold` stops all still: what is sent arrives nowhere, new connections are accepted and not
    answered, and no one is told. `cut` closes every connection and refuses new ones. `resume` ends
    both; what was held arrives then. `lose_answer_to` is the worst: what is asked is
    done, and who asked is never told.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._words: bytes | None = None
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        self._do(self._listen())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hold(self) -> None:
        """Forward nothing more, and say nothing."""
        self._do(self._hold())

    def cut(self) -> None:
        """Close every connection, and refuse new ones."""
        self._do(self._close())

    def resume(self) -> None:
        """Forward again, what was held first."""
        self._do(self._resume())

    def lose_answer_to(self, words: bytes) -> None:
        """Forward the next piece that has these words, and cut its connection at the answer."""
        self._words = words

    @property
    def has_lost_it(self) -> bool:
        """Whether the answer is lost by now."""
        return self._words is None

    def _do(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hold(self) -> None:
        self._flowing.clear()

    async def _resume(self) -> None:
        self._flowing.set()
        if self._server is None:
            await self._listen()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await self._flowing.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
            writers.append(back)
            doomed = asyncio.Event()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(reader, back, doomed))
                both.create_task(self._answer(there, writer, doomed))
        except* OSError:
            pass  # one end is gone: so is the other
        finally:
            for each in writers:
                each.transport.abort()

    async def _ask(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while piece := await source.read(_PIECE_BYTES):
            if self._words is not None and self._words in piece:
                self._words = None
                doomed.set()
            await self._forward(piece, sink)
        with contextlib.suppress(OSError):
            sink.write_eof()

    async def _answer(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while piece := await source.read(_PIECE_BYTES):
            if doomed.is_set():
                raise ConnectionAbortedError
            await self._forward(piece, sink)
        raise ConnectionAbortedError  # the server is gone, so its client is cut off as well

    async def _forward(self, piece: bytes, sink: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        sink.write(piece)
        await sink.drain()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy before that port of loopback."""
    proxy = Proxy(port)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
