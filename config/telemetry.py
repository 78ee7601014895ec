"""Who is told of the work: the log and the figures, and a collector of traces where one is set."""

from adapters.telemetry.logged import LoggedTelemetry
from adapters.telemetry.several import SeveralTelemetries
from application.ports.telemetry import Telemetry
from config import production


def telemetry_of(figures: Telemetry, otlp_endpoint: str | None) -> Telemetry:
    """All of them as one."""
    told = [LoggedTelemetry(), figures]
    if otlp_endpoint is not None:
        told.append(production.traces(otlp_endpoint))
    return SeveralTelemetries(*told)
