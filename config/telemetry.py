"""Who is told of the work: the log and the figures, and a collector of traces where one is set."""

from adapters.telemetry.logged import LoggedTelemetry
from adapters.telemetry.several import SeveralTelemetries
from application.ports.telemetry import Telemetry


def telemetry_of(figures: Telemetry, otlp_endpoint: str | None) -> Telemetry:
    """All of them as one. The library of traces is loaded only where it is used: it is optional."""
    if otlp_endpoint is None:
        return SeveralTelemetries(LoggedTelemetry(), figures)
    from adapters.telemetry.opentelemetry import OpenTelemetry  # noqa: PLC0415
    from adapters.telemetry.tracing import Tracing, to_collector  # noqa: PLC0415

    traces = OpenTelemetry(Tracing(to_collector(otlp_endpoint)))
    return SeveralTelemetries(LoggedTelemetry(), figures, traces)
