"""How far the archive is behind the ledger's topic, as far as is known."""

from __future__ import annotations

import math
from collections.abc import Mapping

from prometheus_client import Gauge

LAG = Gauge(
    "seamless_archive_lag_records",
    "Records on the ledger's topic that the archive has not read yet; the end of the topic as last known.",
)


class Lag:
    """Shown in the metrics: the last known ends of the topic less the archive's last known positions. Not a
    number before both are known."""

    def __init__(self, gauge: Gauge = LAG) -> None:
        self._places: dict[int, int] | None = None
        self._ends: dict[int, int] | None = None
        self._begun_at: dict[int, int] | None = None
        self._gauge = gauge
        self._show()

    @property
    def ends(self) -> Mapping[int, int] | None:
        """Where the topic ends, as far as is known."""
        return self._ends

    @property
    def begun_at(self) -> Mapping[int, int] | None:
        """How far the topic reached when its reading was begun last; None before."""
        return self._begun_at

    def begins(self, places: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Reading begins, or begins again, at these places, of a topic that reaches so far now."""
        self._begun_at = dict(ends)
        self.stands(places)
        self.reaches(ends)

    def stands(self, places: Mapping[int, int]) -> None:
        """The archive has read so far, by partition."""
        self._places = dict(places)
        self._show()

    def reaches(self, ends: Mapping[int, int]) -> None:
        """The topic reaches so far now, by partition."""
        self._ends = dict(ends)
        self._show()

    def grows(self, ends: Mapping[int, int]) -> None:
        """The topic reaches so far at least; what is not among the partitions reaches as far as before."""
        known = self._ends or {}
        self.reaches(known | {each: max(end, known.get(each, 0)) for each, end in ends.items()})

    def _show(self) -> None:
        if self._places is None or self._ends is None:
            self._gauge.set(math.nan)
        else:
            self._gauge.set(
                sum(max(0, end - self._places.get(partition, 0)) for partition, end in self._ends.items())
            )
