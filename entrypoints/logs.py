"""One line of log an event, on standard error: readable on a terminal, JSON elsewhere."""

import logging
import sys
import time
from typing import TextIO

import structlog

from entrypoints.scrubbing import scrubbed_value

_OURS = ("adapters", "application", "assay", "config", "entrypoints")
"""These tell what they do; of libraries only warnings are heard."""
_SELDOM = ("aiokafka", "opentelemetry")
_SELDOM_S = 60.0


def configure_logs(stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's log lines the same way, to standard error."""
    stream = stream or sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(_Seldom())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_secrets,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for ours in _OURS:
        logging.getLogger(ours).setLevel(logging.INFO)


def _without_secrets(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The last guard, over every field of every logger's lines, exceptions included."""
    found = scrubbed_value(event)
    return found if isinstance(found, dict) else {}


class _Seldom(logging.Filter):
    """Of a collector of traces that is away one line a minute is enough."""

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_SELDOM):
            return True
        now = time.monotonic()
        if now < self._silent_until:
            return False
        self._silent_until = now + _SELDOM_S
        return True
