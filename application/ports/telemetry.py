"""What operators can see of the work: how long it takes, how it fails, where a submission is.

Nothing here may disturb the work, and nothing of what candidates write, run or are (programs,
inputs, outputs, addresses, tokens) is ever handed on: only ids, numbers, verdicts and names.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from application.ports.blob_store import BlobNotFound
from application.ports.idempotency import IdempotencyRace
from application.ports.judge import JobRefused, JudgeUnavailable
from application.ports.storage import StoreUnavailable
from application.ports.submissions import Claim, LeaseLost, QueueState
from application.ports.task_queue import QueueUnavailable
from domain.errors import DomainError
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission

_ANSWERS = (DomainError, JobRefused, LeaseLost, BlobNotFound, IdempotencyRace, ValueError)
"""What a dependency that works well raises: facts, and values that it does not take."""
_MOST_CAUSES = 8
_OUTAGES = (StoreUnavailable, QueueUnavailable, JudgeUnavailable, OSError)


class Request(Protocol):
    """A request that is being answered."""

    def answered(self, *, route: str, status: int) -> None:
        """Say what became of it; `route` is the template, so that ids make no names."""
        ...


class Judging(Protocol):
    """One try at one judgement, told of its steps in their order."""

    def prepared(self) -> None:
        """What judging needs has been read; the judge begins to compile."""
        ...

    def compiled(self) -> None:
        """The compile step has ended, well or not."""
        ...

    def tested(self, test: JudgedTest) -> None:
        """A test has ended, just now, and has its verdict."""
        ...

    def settling(self, judgement: Judgement) -> AbstractContextManager[None]:
        """Around the storing of the outcome; a try that ends without was handed back, or lost."""
        ...

    def handed_back(self, reason: str) -> None:
        """The platform failed; the work is to be tried again. The reason is for staff alone."""
        ...


class Telemetry(Protocol):
    """Told of what happens, by context managers around it and words in between.

    Never raises of itself, never waits, and lets every exception of the work through.
    """

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        """Around one call of a dependency: its time, and its failure by `failure_kind`.

        `name` is the technology's in lower case (`mysql`, `s3`), `operation` one of a few words
        that name a kind of call (`read`, `put`): both become labels, so neither holds an id.
        """
        ...

    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> AbstractContextManager[Request]:
        """Around the answering of a request; `traceparent` is the client's, by W3C's rules.

        A `probe` (a health check, a scrape) is counted, but not traced: there is no end of them.
        """
        ...

    def handing_in(self, submission: Submission) -> AbstractContextManager[None]:
        """Around the storing of a new submission and the waking of the queue."""
        ...

    def judging(self, claim: Claim) -> AbstractContextManager[Judging]:
        """Around one try at one judgement, entered by whoever has just claimed it."""
        ...

    async def close(self) -> None:
        """Send what is still held, for a second or two at most; harmless when called twice."""
        ...


class Figures(Protocol):
    """What has been counted in this process, for whoever scrapes it."""

    def note_queue(self, state: QueueState | None, now: datetime) -> None:
        """How much work there is; None: unknown, so that no old figure passes for a new one."""
        ...

    def note_slots(self, slots: int) -> None:
        """How many programs this process can judge at once."""
        ...

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        ...


def failure_kind(error: BaseException | None) -> str | None:
    """What kind of failure a call ended with: `timeout`, `unavailable`, `unforeseen`; else None.

    None where it ended well, with an answer that is an exception here (there is no such blob, the
    lease is lost), or because nobody waits for it any more.
    """
    if not isinstance(error, Exception) or _is_answer(error):
        return None
    causes = tuple(_causes(error))
    names = " ".join(type(cause).__name__ for cause in causes)  # of libraries unknown here, too
    if "Timeout" in names:
        return "timeout"
    is_outage = any(isinstance(cause, _OUTAGES) for cause in causes) or "Connect" in names
    return "unavailable" if is_outage else "unforeseen"


def _is_answer(error: Exception) -> bool:
    if isinstance(error, LookupError):  # not found; but a key or an index is a mistake of ours
        return not isinstance(error, KeyError | IndexError)
    return isinstance(error, _ANSWERS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it came from, as far as anybody would look."""
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__


class _Unheard(Request, Judging):
    """Whatever is told to it is forgotten; one is enough for all."""

    def answered(self, *, route: str, status: int) -> None:
        """Nothing."""

    def prepared(self) -> None:
        """Nothing."""

    def compiled(self) -> None:
        """Nothing."""

    def tested(self, test: JudgedTest) -> None:
        """Nothing."""

    def settling(self, judgement: Judgement) -> AbstractContextManager[None]:
        """Nothing."""
        return _QUIET

    def handed_back(self, reason: str) -> None:
        """Nothing."""


_QUIET = nullcontext()
_UNHEARD = nullcontext(_Unheard())


class _Silent(Telemetry):
    """Tells nobody, at no cost: one context manager that does nothing is enough for all."""

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        """Nothing."""
        return _QUIET

    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> AbstractContextManager[Request]:
        """Nothing."""
        return _UNHEARD

    def handing_in(self, submission: Submission) -> AbstractContextManager[None]:
        """Nothing."""
        return _QUIET

    def judging(self, claim: Claim) -> AbstractContextManager[Judging]:
        """Nothing."""
        return _UNHEARD

    async def close(self) -> None:
        """Nothing."""


SILENT: Telemetry = _Silent()
"""What whoever is given no telemetry uses."""
