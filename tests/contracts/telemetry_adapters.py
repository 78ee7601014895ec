"""Every telemetry, ready for use."""

from collections.abc import Callable

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.memory.telemetry import MemoryTelemetry
from adapters.telemetry.logged import LoggedTelemetry
from adapters.telemetry.opentelemetry import OpenTelemetry
from adapters.telemetry.prometheus import PrometheusTelemetry
from adapters.telemetry.several import SeveralTelemetries
from adapters.telemetry.tracing import Tracing
from application.ports.submissions import Claim
from application.ports.telemetry import SILENT, Telemetry
from domain.submission import Submission
from tests.contracts import values


def open_telemetry(spans: InMemorySpanExporter) -> OpenTelemetry:
    return OpenTelemetry(Tracing(lambda: SimpleSpanProcessor(spans)))


def all_of_them() -> Telemetry:
    return SeveralTelemetries(
        LoggedTelemetry(), PrometheusTelemetry(), open_telemetry(InMemorySpanExporter())
    )


def claim_of(submission: Submission, *, number: int = 1, attempt: int = 1) -> Claim:
    return Claim(
        submission=submission,
        handed_in=values.handed_in(),
        number=number,
        failures=0,
        attempt=attempt,
        version=1,
        lease=values.lease(),
    )


TELEMETRIES: dict[str, Callable[[], Telemetry]] = {
    "silent": lambda: SILENT,
    "memory": MemoryTelemetry,
    "logged": LoggedTelemetry,
    "prometheus": PrometheusTelemetry,
    "opentelemetry": lambda: open_telemetry(InMemorySpanExporter()),
    "several": all_of_them,
}
