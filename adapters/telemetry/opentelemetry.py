"""Traces for OpenTelemetry: requests, and for each submission one trace that bears its id.

A submission's trace has its own id's 128 bits, and its first span an id that follows from them. So
no context has to be stored or sent through the queue: whoever has a submission's id, in whichever
process, adds to the same trace, and an operator finds it. Exceptions' texts are left out of spans,
as nobody knows what is in them: only their types are kept.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from adapters.telemetry.tracing import Tracing
from application.ports.submissions import Claim
from application.ports.telemetry import Judging, Request, Telemetry, failure_kind
from domain.judgement import JudgedTest, Judgement
from domain.submission import Submission

MOST_TESTS = 1_000
"""Spans of tests in one try: a collector's patience has an end, and a contest's tests none."""
_NS_IN_MS = 1_000_000
_SERVER_ERROR = 500


class OpenTelemetry(Telemetry):
    """Makes spans; what becomes of them is up to `tracing`."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def dependency(self, name: str, operation: str) -> AbstractContextManager[None]:
        return _Call(self._tracing, name, operation)

    @contextmanager
    def request(
        self, method: str, *, traceparent: str | None = None, probe: bool = False
    ) -> Iterator[Request]:
        if probe:
            yield _Request(trace.INVALID_SPAN, method)
            return
        came_with = {"traceparent": traceparent} if traceparent else {}
        context = TraceContextTextMapPropagator().extract(came_with, Context())
        facts = {"http.request.method": method}
        span = self._tracing.tracer.start_span(method, context, SpanKind.SERVER, facts)
        with _current(span):
            yield _Request(span, method)

    @contextmanager
    def handing_in(self, submission: Submission) -> Iterator[None]:
        request = trace.get_current_span()
        span = self._tracing.begin(submission.id, "submit", _facts_of(submission))
        _link(span, request)
        _link(request, span)
        request.set_attribute("submission.id", submission.id)
        with _current(span):
            yield

    @contextmanager
    def judging(self, claim: Claim) -> Iterator[Judging]:
        tracer, submission = self._tracing.tracer, claim.submission
        context = self._tracing.context_of(submission.id)
        if claim.number == 1 and claim.attempt == 1:  # only then is it known since when
            since = int(submission.submitted_at.timestamp() * 1_000) * _NS_IN_MS
            tracer.start_span("queued", context, start_time=min(since, time.time_ns())).end()
        facts = {
            **_facts_of(submission),
            "judgement.number": claim.number,
            "judgement.attempt": claim.attempt,
            "worker.id": claim.lease.worker,
        }
        span = tracer.start_span("judge", context, SpanKind.CONSUMER, facts)
        with _current(span):
            judging = _Judging(tracer, span)
            try:
                yield judging
            finally:
                judging.end()

    async def close(self) -> None:
        await self._tracing.close()


class _Call(AbstractContextManager[None]):
    """One call of a dependency, as a part of whatever goes on; a timer's look is no trace.

    It never becomes the current span: nothing is below it, and it may end in another task.
    """

    __slots__ = ("_name", "_operation", "_span", "_tracing")

    def __init__(self, tracing: Tracing, name: str, operation: str) -> None:
        self._tracing = tracing
        self._name = name
        self._operation = operation

    def __enter__(self) -> None:
        self._span: Span = trace.INVALID_SPAN
        if trace.get_current_span().is_recording():
            facts = {"dependency.name": self._name, "dependency.operation": self._operation}
            name = f"{self._name} {self._operation}"
            self._span = self._tracing.tracer.start_span(name, None, SpanKind.CLIENT, facts)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _end(self._span, error)


class _Request(Request):
    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method

    def answered(self, *, route: str, status: int) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= _SERVER_ERROR:
            self._span.set_status(StatusCode.ERROR)


class _Judging(Judging):
    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._compiling: Span | None = None
        self._tests = 0
        self._is_settled = False

    def prepared(self) -> None:
        self.compiled()  # of what was begun anew, for want of a store
        self._compiling = self._tracer.start_span("compile")

    def compiled(self) -> None:
        if self._compiling is not None:
            self._compiling.end()
            self._compiling = None

    def tested(self, test: JudgedTest) -> None:
        self._tests += 1
        if self._tests > MOST_TESTS:
            return
        facts: dict[str, AttributeValue] = {
            "test.ordinal": test.ordinal,
            "test.verdict": test.verdict.value,
        }
        if test.cpu_ms is not None:
            facts["test.cpu_ms"] = test.cpu_ms
        if test.memory_kib is not None:
            facts["test.memory_kib"] = test.memory_kib
        began = time.time_ns() - (test.wall_ms or 0) * _NS_IN_MS
        self._tracer.start_span("test", attributes=facts, start_time=began).end()

    def handed_back(self, reason: str) -> None:
        self._span.set_status(StatusCode.ERROR)

    @contextmanager
    def settling(self, judgement: Judgement) -> Iterator[None]:
        facts = {"judgement.verdict": judgement.verdict.value}
        with _current(self._tracer.start_span("settle", attributes=facts)):
            yield
        self._span.set_attributes(facts)
        self._is_settled = True

    def end(self) -> None:
        """Say how the try ended, and end the step that it was at."""
        if self._compiling is not None:
            _end(self._compiling, None)
        self._span.set_attributes(
            {"judgement.tests_run": self._tests, "judgement.settled": self._is_settled}
        )


@contextmanager
def _current(span: Span) -> Iterator[None]:
    """The span that others begin below, until the block ends."""
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        _end(span, error)
        raise
    _end(span, None)


def _end(span: Span, error: BaseException | None) -> None:
    kind = failure_kind(error)
    if kind is not None:
        span.set_status(StatusCode.ERROR)
        span.set_attributes({"error.type": type(error).__name__, "error.kind": kind})
    span.end()


def _link(span: Span, other: Span) -> None:
    context = other.get_span_context()
    if context.is_valid and span.is_recording():
        span.add_link(context)


def _facts_of(submission: Submission) -> dict[str, AttributeValue]:
    return {
        "submission.id": submission.id,
        "submission.class": submission.work_class.value,
        "submission.language": submission.language,
    }
