"""The library's own machinery: made at the first span, and left behind in time at the end."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
)
from opentelemetry.util.types import AttributeValue

from adapters.telemetry.trace_ids import EvenSampler, TraceIds, first_span_id_of, trace_id_of
from domain.ids import SubmissionId

_PATIENCE_S = 2.0
"""How long a stop waits for a collector that may be dead."""


def to_collector(endpoint: str) -> Callable[[], SpanProcessor]:
    """Send spans in batches, from a thread of their own, to the OTLP/HTTP collector at `endpoint`.

    OTEL_EXPORTER_OTLP_HEADERS, _TIMEOUT and the like are read by the library itself.
    """
    return lambda: BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces"))


class Tracing:
    """A tracer whose spans go to the processor that `destination` makes when the first begins."""

    def __init__(self, destination: Callable[[], SpanProcessor]) -> None:
        self._destination = destination
        self._lock = threading.Lock()
        self._ids = TraceIds()
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    @property
    def tracer(self) -> Tracer:
        """The one tracer; after `close`, one whose spans are nothing."""
        with self._lock:
            if self._tracer is None:
                self._provider = self._new_provider()
                self._tracer = self._provider.get_tracer("assay")
            return self._tracer

    def begin(
        self, submission_id: SubmissionId, name: str, facts: Mapping[str, AttributeValue]
    ) -> Span:
        """The first span of a submission's trace."""
        tracer = self.tracer
        with self._ids.first_of(submission_id):
            return tracer.start_span(name, Context(), SpanKind.PRODUCER, facts)

    def context_of(self, submission_id: SubmissionId) -> Context:
        """What begins in this context is below the first span, wherever that was made."""
        trace_id = trace_id_of(submission_id)
        flags = TraceFlags.SAMPLED if self._is_sampled(trace_id) else TraceFlags.DEFAULT
        first = SpanContext(
            trace_id, first_span_id_of(submission_id), is_remote=True, trace_flags=TraceFlags(flags)
        )
        return trace.set_span_in_context(NonRecordingSpan(first), Context())

    async def close(self) -> None:
        """Send what is left, but leave it after 2 s, to a thread that no exit waits for."""
        with self._lock:
            provider, self._provider = self._provider, None
            self._tracer = NoOpTracer()
        if provider is None:
            return
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waited: the loop is closed
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=send, name="last-spans", daemon=True).start()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await sent.wait()
        except TimeoutError:
            return

    def _is_sampled(self, trace_id: int) -> bool:
        """As whoever began that trace decided: by the same rule, from its id alone."""
        provider = self._provider
        if provider is None:
            return False
        answer = provider.sampler.should_sample(Context(), trace_id, "submit")
        return answer.decision is Decision.RECORD_AND_SAMPLE

    def _new_provider(self) -> TracerProvider:
        named = Resource({SERVICE_NAME: "assay"}).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=named, id_generator=self._ids, shutdown_on_exit=False)
        provider.sampler = EvenSampler(provider.sampler)
        provider.add_span_processor(self._destination())
        return provider
