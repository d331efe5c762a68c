"""Metrics of every process: Prometheus over HTTP."""

from __future__ import annotations

from prometheus_client import start_http_server

from contracts.terms.errors import InvalidInput
from workers.process.readiness import READINESS


def set_ready() -> None:
    """Say in the metrics that this process has what it needs to do its work."""
    READINESS.begun()


def serve_metrics(port: int) -> int:
    """Serve this process's metrics on loopback; the port that was taken (0 asks for a free one).

    Raises:
        InvalidInput: nobody can listen on that port.
    """
    try:
        server, _ = start_http_server(port, addr="127.0.0.1")
    except OSError as error:
        raise InvalidInput(f"the setting SEAMLESS_METRICS_PORT cannot be {port}: {error.strerror}") from None
    return int(server.server_port)
