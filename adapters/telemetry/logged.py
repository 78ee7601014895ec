"""What happens to submissions, in the log; and their ids on every line written meanwhile."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from application.ports.submissions import Claim
from application.ports.telemetry import SILENT, Judging, Request, Telemetry
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission

_LOG = structlog.get_logger("assay")


class LoggedTelemetry(Telemetry):
    """Binds ids to the log while work is under way, and says how it ended."""

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        return SILENT.dependency(name, operation)

    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> AbstractContextManager[Request]:
        return SILENT.request(method, traceparent=traceparent, probe=probe)

    @contextmanager
    def handing_in(self, submission: Submission) -> Iterator[None]:
        with structlog.contextvars.bound_contextvars(submission_id=submission.id):
            yield
            _LOG.info("handed in", kind=submission.kind, language=submission.language)

    @contextmanager
    def judging(self, claim: Claim) -> Iterator[Judging]:
        judging = _Judging()
        with structlog.contextvars.bound_contextvars(
            worker=claim.lease.worker,
            submission_id=claim.submission.id,
            judgement=claim.number,
            attempt=claim.attempt,
        ):
            try:
                yield judging
            except Exception as error:  # told of by its kind alone, and passed on
                _LOG.warning("judging failed", error=type(error).__name__)
                raise

    async def close(self) -> None:
        return


class _Judging(Judging):
    def __init__(self) -> None:
        self._started = time.perf_counter()

    def prepared(self) -> None:
        return

    def compiled(self) -> None:
        return

    def tested(self, test: JudgedTest) -> None:
        return

    def handed_back(self, reason: str) -> None:
        _LOG.warning("judging failed and will be tried again", reason=reason)

    @contextmanager
    def settling(self, judgement: Judgement) -> Iterator[None]:
        yield
        seconds = time.perf_counter() - self._started
        say = _LOG.info if judgement.fault is None else _LOG.warning
        why = {} if judgement.fault is None else {"fault": judgement.fault}
        say(
            "judged",
            verdict=judgement.verdict,
            tests=len(judgement.tests),
            ms=round(seconds * 1000, 1),
            **why,
        )
