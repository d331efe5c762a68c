"""Whether this process can work, and if not, why not: for readiness probes, and in the log."""

from __future__ import annotations

from time import monotonic

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

log = structlog.get_logger(__name__)

STARTING = "starting"


class Readiness:
    """What is in the way of this process. It is ready once it has begun and nothing does.

    A reason is a short word that stays the same, such as ``kafka-away``. Its explanation is logged once for
    as long as it applies.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Not ready: the process begins."""
        self._ready = Gauge(
            "seamless_ready",
            "1 while this process can work, otherwise 0.",
            registry=registry,
        )
        self._why_not = Gauge(
            "seamless_not_ready",
            "1 for every reason why this process is not ready, 0 for one that has passed.",
            ["reason"],
            registry=registry,
        )
        self._since: dict[str, float] = {}
        self._put(STARTING)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is in the way, the oldest first; nothing when the process is ready."""
        return tuple(self._since)

    def begun(self) -> None:
        """The process has what it needs to begin."""
        self._remove(STARTING)

    def hinder(self, reason: str, why: str) -> None:
        """Something is in the way. Told again, it is the same.

        Args:
            why: in a sentence that a person can act on.
        """
        if reason not in self._since:
            self._put(reason)
            log.warning("not ready", reason=reason, why=why)

    def clear(self, reason: str) -> None:
        """It no longer is in the way, if it did."""
        since = self._remove(reason)
        if since is not None:
            log.info("no longer in the way", reason=reason, after_seconds=round(monotonic() - since, 1))

    def _put(self, reason: str) -> None:
        self._since[reason] = monotonic()
        self._why_not.labels(reason).set(1)
        self._ready.set(0)

    def _remove(self, reason: str) -> float | None:
        since = self._since.pop(reason, None)
        if since is not None:
            self._why_not.labels(reason).set(0)
        self._ready.set(0 if self._since else 1)
        return since


READINESS = Readiness()
"""That of this process."""
