"""The Temporal SDK's own metrics, among those of the process.

The SDK counts in its core, where that costs least, and can show its counts only by serving them itself. So it
does, on a loopback port of its own that nobody needs to know: what stands there is read whenever the
process's metrics are, and becomes part of them.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable

from temporalio.runtime import PrometheusConfig, Runtime

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 5.0
TRIES = 10


class SdkMetrics:
    """Of the one runtime of a process. Nothing is counted, and no port taken, before :meth:`want`."""

    def __init__(self) -> None:
        self._wanted = False
        self._port: int | None = None

    def want(self) -> None:
        """The metrics of this process are read: a runtime that is made from now on counts."""
        self._wanted = True

    def runtime(self, make: Callable[[PrometheusConfig | None], Runtime]) -> Runtime:
        """A runtime, which counts if that is wanted.

        Args:
            make: makes it with these metrics; fails where it cannot serve them.
        """
        if not self._wanted:
            return make(None)
        for _ in range(TRIES):
            port = _free_port()
            try:
                runtime = make(
                    PrometheusConfig(
                        bind_address=f"{LOOPBACK}:{port}",
                        counters_total_suffix=True,
                        unit_suffix=True,
                        durations_as_seconds=True,
                    )
                )
            except (RuntimeError, ValueError):
                continue  # another program took the port meanwhile
            self._port = port
            return runtime
        return make(None)

    def exposition(self) -> bytes:
        """What the SDK has counted, in Prometheus's text format; nothing where there is no runtime, or it
        does not answer."""
        if self._port is None:
            return b""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            return answer.read() if answer.status == http.client.OK else b""
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


SDK_METRICS = SdkMetrics()
"""That of this process."""
