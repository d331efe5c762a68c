"""Metrics of every process: Prometheus over HTTP."""

from __future__ import annotations

import errno

from prometheus_client import disable_created_metrics, generate_latest

from contracts.terms.errors import InvalidInput
from workers.process.about import describe
from workers.process.endpoint import Endpoint
from workers.process.pulse import Pulse
from workers.process.readiness import READINESS
from workers.process.sdk_metrics import SDK_METRICS
from workers.process.settings import Settings

disable_created_metrics()  # type: ignore[no-untyped-call]
# When a counter began is told by Prometheus's own resets; a second series for each would only double them.

OF_THE_PORT = frozenset({errno.EADDRINUSE, errno.EACCES})
"""What a port is at fault for; else it is the address."""


def set_ready() -> None:
    """Say in the metrics that this process has what it needs to do its work."""
    READINESS.begun()


def serve_metrics(process: str, settings: Settings, pulse: Pulse) -> int:
    """Serve this process's metrics, and whether it lives and is ready; the port that was taken.

    Args:
        process: what the metrics call it.

    Raises:
        InvalidInput: nobody can listen on that address and port.
    """
    SDK_METRICS.want()
    describe(process, settings)
    endpoint = Endpoint(
        metrics=lambda: generate_latest() + SDK_METRICS.exposition(),
        lives=lambda: pulse.felt,
        hindrances=lambda: READINESS.reasons,
    )
    address, port = settings.metrics_address, settings.metrics_port
    try:
        return endpoint.serve(address, port)
    except (OSError, UnicodeError) as error:
        told = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if isinstance(error, OSError) and error.errno in OF_THE_PORT:
            raise InvalidInput(f"the setting SEAMLESS_METRICS_PORT cannot be {port}: {told}") from None
        raise InvalidInput(
            f"the setting SEAMLESS_METRICS_ADDRESS cannot be {address!r}: {told}; write an address of this "
            "machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
        ) from None
