"""Logs and metrics of every process: structlog to standard error, Prometheus over HTTP."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import Gauge, start_http_server

_READY = Gauge("seamless_ready", "1 once this process reads or works; for readiness probes.")


def set_ready() -> None:
    """Say in the metrics that this process is up and doing its work."""
    _READY.set(1)


def configure_logs(level: str = "INFO", *, process: str) -> None:
    """Send structlog and the standard library's logging the same way.

    To a terminal: for people. Otherwise: one JSON object a line. ``workflow.logger`` and the Temporal
    SDK use the standard library, so they are rendered by the same processors.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # It reports every retry while a broker is away; what that means for us, we say ourselves.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def serve_metrics(port: int) -> int:
    """Serve this process's metrics on loopback; the port that was taken (0 asks for a free one)."""
    server, _ = start_http_server(port, addr="127.0.0.1")
    return int(server.server_port)
