"""Several worker processes under one: what dies is started again, what is told to it is told on."""

import ctypes
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 30.0
LIVED_WELL_S = 60.0
"""Who lived so long is started again at once."""
_LOOK_S = 0.2
_STOPS = (signal.SIGTERM, signal.SIGINT)

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class _Child:
    """One place for a process, which is filled again when the process has died."""

    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    back_off_s: float = FIRST_BACK_OFF_S
    is_told: bool = False

    def look(self) -> None:
        """Start the process if it is time to, or note that it has died."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self._start(now)
        elif (code := self.process.poll()) is not None:
            self.process = None
            if now - self.started_at >= LIVED_WELL_S:
                self.back_off_s = FIRST_BACK_OFF_S
            self.start_at = now + self.back_off_s
            _log.error("a worker has died and is started again", code=code, in_s=self.back_off_s)
            self.back_off_s = min(2 * self.back_off_s, LONGEST_BACK_OFF_S)

    def _start(self, now: float) -> None:
        self.started_at = now
        # In a session of its own: what a terminal tells its foreground would reach it twice.
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            self.command,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - there are no threads here
        )

    def tell(self, number: int) -> None:
        if self.process is not None:
            self.is_told = True
            self.process.send_signal(number)

    def end(self) -> int:
        """Wait for its end; 0 for one that is not there."""
        return self.process.wait() if self.process is not None else 0


def _end_with_parent() -> None:
    """Be told to stop, by the kernel, when the supervisor dies without a word."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(kw_only=True)
class Supervisor:
    """Keeps `count` processes of one command up until it is told to stop."""

    command: Sequence[str]
    count: int
    _asked: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Return after every process has ended: 0 if all of them ended well."""
        children = [_Child(command=self.command) for _ in range(self.count)]

        def tell(number: int, _frame: object) -> None:
            self._asked.set()
            for child in children:
                child.tell(number)

        for number in _STOPS:
            signal.signal(number, tell)
        while not self._asked.is_set():
            for child in children:
                child.look()
            self._asked.wait(_LOOK_S)
        for child in children:
            if not child.is_told:  # it was being started when the signal came
                child.tell(signal.SIGTERM)
        return max(abs(child.end()) for child in children)
