"""The consequences that may not bind yet, as the metrics show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from prometheus_client import Gauge

HELD = Gauge(
    "seamless_fence_held_consequences",
    "Consequences of deadlines that may not take effect yet, by why, as this process saw them last.",
    ["reason"],
)
REASONS = ("broker-away", "gateway-behind", "dead-letter-waits", "gateway-away")

LEFT_AFTER = timedelta(minutes=1)
"""A consequence that is held is asked for again every ten seconds."""

KEPT = 1000


class _Held(NamedTuple):
    reason: str
    asked: datetime


class HeldConsequences:
    """What is held and why, by case and deadline.

    One that is no longer asked for went on in another process, or was answered. It is dropped once the
    platform was well for :data:`LEFT_AFTER` since it was last asked for. While a server is away nothing is
    asked for, and everything is still held.
    """

    def __init__(self, well_since: Callable[[datetime], bool]) -> None:
        """
        Args:
            well_since: whether the platform is known to have been well after a moment.
        """
        self._well_since = well_since
        self._held: dict[tuple[str, datetime], _Held] = {}

    def show(self) -> None:
        """Show them in the metrics from now on."""
        for reason in REASONS:
            HELD.labels(reason).set_function(lambda reason=reason: self.count(reason))  # type: ignore[misc]

    def hold(self, case: str, deadline: datetime, reason: str) -> None:
        """A consequence was asked for and may not bind yet."""
        if len(self._held) >= KEPT:
            self._held = {key: each for key, each in self._held.items() if not self._left(each)}
        self._held[case, deadline] = _Held(reason, datetime.now(UTC))

    def release(self, case: str, deadline: datetime) -> None:
        """It may bind."""
        self._held.pop((case, deadline), None)

    def count(self, reason: str) -> int:
        """How many are held for this reason. May be called in any thread."""
        return sum(each.reason == reason and not self._left(each) for each in tuple(self._held.values()))

    def _left(self, held: _Held) -> bool:
        return self._well_since(held.asked + LEFT_AFTER)
