"""Counts and times for Prometheus; labels come from short lists, so that series stay few."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from types import TracebackType
from uuid import UUID

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from application.ports.submissions import Claim, QueueState
from application.ports.telemetry import (
    SILENT,
    Figures,
    Judging,
    Request,
    Telemetry,
    failure_kind,
)
from domain.ids import SubmissionId
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission, WorkClass

_ANSWER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CALL_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_JUDGING_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_UNROUTED = "(none)"


class PrometheusTelemetry(Telemetry, Figures):
    """The figures of this process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "assay_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "assay_http_request_seconds",
            "How long an answer took, to its end.",
            ("method", "route"),
            buckets=_ANSWER_BUCKETS,
            registry=self._registry,
        )
        self._calls = Histogram(
            "assay_dependency_seconds",
            "How long calls of a dependency took, failed ones too.",
            ("dependency", "operation"),
            buckets=_CALL_BUCKETS,
            registry=self._registry,
        )
        self._call_errors = Counter(
            "assay_dependency_errors",
            "Calls of a dependency that failed: timeout, unavailable, unforeseen.",
            ("dependency", "kind"),
            registry=self._registry,
        )
        self._note_judgings()
        self._note_work()
        ProcessCollector(registry=self._registry)

    def _note_judgings(self) -> None:
        self._slots = Gauge(
            "assay_judge_slots",
            "Programs that this process can judge at once.",
            registry=self._registry,
        )
        self._busy = Gauge(
            "assay_judge_slots_busy",
            "Programs that this process is judging.",
            registry=self._registry,
        )
        self._judgings = Histogram(
            "assay_judging_seconds",
            "How long a try at a judgement took, from its claim to its end, settled or not.",
            ("class",),
            buckets=_JUDGING_BUCKETS,
            registry=self._registry,
        )
        self._unsettled = Counter(
            "assay_judgings_unsettled",
            "Tries at a judgement that ended without an outcome: handed back, or lost.",
            registry=self._registry,
        )
        self._verdicts = Counter(
            "assay_verdicts",
            "Judgements stored, of submissions (practice runs are not counted).",
            ("language", "verdict"),
            registry=self._registry,
        )

    def _note_work(self) -> None:
        self._due = Gauge(
            "assay_queue_due",
            "Submissions that could be claimed now; absent where the store does not tell.",
            ("class",),
            registry=self._registry,
        )
        self._oldest = Gauge(
            "assay_queue_oldest_seconds",
            "How long ago the oldest of them was handed in; 0 where there is none.",
            ("class",),
            registry=self._registry,
        )

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        return _Call(self._calls.labels(name, operation), self._call_errors, name)

    @contextmanager
    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> Iterator[Request]:
        request = _Request()
        started = time.perf_counter()
        try:
            yield request
        finally:
            self._requests.labels(method, request.route, str(request.status)).inc()
            seconds = time.perf_counter() - started
            self._request_seconds.labels(method, request.route).observe(seconds)

    def handing_in(self, submission: Submission) -> AbstractContextManager[None]:
        return SILENT.handing_in(submission)

    @contextmanager
    def judging(self, claim: Claim) -> Iterator[Judging]:
        judging = _Judging(claim, self._verdicts)
        with (
            self._busy.track_inprogress(),
            self._judgings.labels(claim.submission.work_class.value).time(),
        ):
            try:
                yield judging
            finally:
                if not judging.is_settled:
                    self._unsettled.inc()

    async def close(self) -> None:
        return

    def note_queue(self, state: QueueState | None, now: datetime) -> None:
        if state is None:
            self._due.clear()
            self._oldest.clear()
            return
        for work_class in WorkClass:
            self._due.labels(work_class.value).set(state.due.get(work_class, 0))
            if work_class is not WorkClass.REJUDGE:  # its id tells when it was first handed in
                age = _age_s(state.oldest.get(work_class), now)
                self._oldest.labels(work_class.value).set(age)

    def note_slots(self, slots: int) -> None:
        self._slots.set(slots)

    def text(self) -> bytes:
        return generate_latest(self._registry)


def _age_s(submission_id: SubmissionId | None, now: datetime) -> float:
    """How long ago it was handed in, as its id tells: a UUIDv7 begins with the milliseconds."""
    try:
        made_ms = UUID(submission_id or "").int >> 80
    except ValueError:
        return 0
    return max(0.0, now.timestamp() - made_ms / 1_000)


class _Call(AbstractContextManager[None]):
    """One call of a dependency; a class, as a generator would cost more than the counting."""

    __slots__ = ("_errors", "_name", "_seconds", "_started")

    def __init__(self, seconds: Histogram, errors: Counter, name: str) -> None:
        self._seconds = seconds
        self._errors = errors
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._seconds.observe(time.perf_counter() - self._started)
        failure = failure_kind(error)
        if failure is not None:
            self._errors.labels(self._name, failure).inc()


class _Request(Request):
    def __init__(self) -> None:
        self.route = _UNROUTED
        self.status = 500

    def answered(self, *, route: str, status: int) -> None:
        self.route = route
        self.status = status


class _Judging(Judging):
    def __init__(self, claim: Claim, verdicts: Counter) -> None:
        self._submission = claim.submission
        self._verdicts = verdicts
        self.is_settled = False

    def prepared(self) -> None:
        return

    def compiled(self) -> None:
        return

    def tested(self, test: JudgedTest) -> None:
        return

    def handed_back(self, reason: str) -> None:
        return

    @contextmanager
    def settling(self, judgement: Judgement) -> Iterator[None]:
        yield
        self.is_settled = True
        if self._submission.work_class is not WorkClass.RUN:
            self._verdicts.labels(self._submission.language, judgement.verdict.value).inc()
