"""What a contract suite holds in its hands: an adapter, and what the test needs to know of it.

A factory is an async context manager over a folder of its own and a clock; it yields the adapter,
ready for use, and closes it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.memory.clock import ManualClock
from application.ports.blob_store import BlobStore
from application.ports.clock import Clock
from application.ports.dead_letters import DeadLetters
from application.ports.judge import JudgePort
from application.ports.progress import ProgressStream
from application.ports.rate_limiter import RateLimiter
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import TaskQueue, WakeUps
from application.ports.totals import TotalsRepository
from domain.ids import BlobKey, LanguageId
from domain.submission import WorkClass

StorageFactory = Callable[[Path, ManualClock], AbstractAsyncContextManager[Storage]]
SubmissionsFactory = Callable[
    [Path, ManualClock], AbstractAsyncContextManager[SubmissionRepository]
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsInHand:
    """Totals, and the submissions of the same store."""

    totals: TotalsRepository
    submissions: SubmissionRepository


TotalsFactory = Callable[[Path, ManualClock], AbstractAsyncContextManager[TotalsInHand]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobStoreInHand:
    """A blob store; `damage` replaces stored bytes behind its back.

    `count_kept` counts what it keeps of blobs, finished or not (files, uploads under way).
    """

    store: BlobStore
    damage: Callable[[BlobKey, bytes], None]
    count_kept: Callable[[], int]


BlobStoreFactory = Callable[[Path, ManualClock], AbstractAsyncContextManager[BlobStoreInHand]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueueInHand:
    """Both ends of a queue; at most `most` wake-ups are under way.

    One that did not arrive within `quiet_s` was not sent.
    """

    queue: TaskQueue
    wake_ups: WakeUps
    most: int
    quiet_s: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettersInHand:
    """A queue's dead letters; `die` makes one, and gives its id.

    `woken` waits for the next wake-up of the queue.
    """

    letters: DeadLetters
    die: Callable[[WorkClass, str, datetime], Awaitable[str]]
    woken: Callable[[], Awaitable[WorkClass]]


DeadLettersFactory = Callable[[], AbstractAsyncContextManager[DeadLettersInHand]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockInHand:
    """A clock, and how its time is made to pass."""

    clock: Clock
    pass_time: Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeInHand:
    """A judge, and programs in one of its languages that do what their names say."""

    judge: JudgePort
    language: LanguageId
    echo: str
    print_hello: str
    complain: str
    exit_with_3: str
    end_by_signal_11: str
    spend_much_cpu_time: str
    sleep_for_long: str
    eat_much_memory: str
    flood: str
    wait_for_ever: str
    not_a_program: str
    loaded_by_compiling: tuple[int, ...] = ()
    """The tests whose inputs a judge has to have before it compiles."""
    checker: str | None = None
    """Accepts an output that is the answer; None where the judge runs no checkers."""


COMPARES = """\
import sys
same = sys.stdin.read() == open(sys.argv[2]).read()
open(sys.argv[3] + 'teammessage.txt', 'w').write('look')
sys.exit(42 if same else 43)
"""


def with_python(judge: JudgePort, *, loaded_by_compiling: tuple[int, ...] = ()) -> JudgeInHand:
    """A judge that has a real Python."""
    return JudgeInHand(
        judge=judge,
        language=LanguageId("python3"),
        echo="import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())",
        print_hello="print('hello')",
        complain="import sys\nprint('oh no', file=sys.stderr)",
        exit_with_3="raise SystemExit(3)",
        end_by_signal_11="import os\nos.kill(os.getpid(), 11)",
        spend_much_cpu_time="while True: pass",
        sleep_for_long="import time\ntime.sleep(600)",
        eat_much_memory="kept = bytearray(4 * 1024 ** 3)\nprint(len(kept))",
        flood="while True: print('x' * 1024)",
        wait_for_ever="import signal\nsignal.pause()",
        not_a_program="def (",
        loaded_by_compiling=loaded_by_compiling,
    )


ProgressStreamFactory = Callable[[], AbstractAsyncContextManager[ProgressStream]]
TaskQueueFactory = Callable[[], AbstractAsyncContextManager[TaskQueueInHand]]
RateLimiterFactory = Callable[[ManualClock], AbstractAsyncContextManager[RateLimiter]]
JudgeFactory = Callable[[Path], AbstractAsyncContextManager[JudgeInHand]]
