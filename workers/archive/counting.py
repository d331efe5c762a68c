"""Counting all cases at intervals, for the metrics."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from sqlalchemy.exc import SQLAlchemyError

from archive.completeness import NoArchive, Positions
from archive.figures import figures_of
from archive.reader import ArchiveReader
from contracts.terms.directory import Directory
from workers.archive.figures import ArchiveFigures
from workers.archive.lag import Lag

log = structlog.get_logger(__name__)

SOON_SECONDS = 2.0
"""How soon an archive that is being rebuilt is checked again."""

COMPLETE = Gauge(
    "seamless_archive_complete",
    "1: the archive has all that its topic had at the count before, and lost nothing. 0: it has not. Not a "
    "number before both are known.",
)
LOST = Gauge(
    "seamless_archive_lost_records",
    "Records that were gone from the ledger's topic before the archive could read them.",
)


class Counting:
    """Counts what is in the archive, and shows the counts.

    Counts of an archive that is being rebuilt are not shown: it would seem to open the cases of years within
    minutes. They are shown once the archive has read what its topic held when the worker last began to read.
    """

    def __init__(
        self,
        archive: ArchiveReader,
        directory: Directory,
        lag: Lag,
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """
        Args:
            lag: knows how far the topic reaches.
            registry: shows the figures.
        """
        self._archive = archive
        self._lag = lag
        self._ends_before: Mapping[int, int] | None = None
        self._figures = ArchiveFigures(directory)
        registry.register(self._figures)
        for gauge in (COMPLETE, LOST):
            gauge.set(math.nan)

    async def keep_counting(self, every_seconds: float) -> None:
        """Count until cancelled. While the database is away, the last counts are shown, with their age."""
        away = False
        while True:
            try:
                shown = await self.count()
            except (NoArchive, SQLAlchemyError) as error:
                if not away:  # once: the process says by itself that its database is away
                    log.warning("cases are not counted", error=f"{type(error).__name__}: {error}")
                away, shown = True, False
                COMPLETE.set(math.nan)
            else:
                away = False
            await asyncio.sleep(every_seconds if shown else min(every_seconds, SOON_SECONDS))

    async def count(self) -> bool:
        """Count once; whether what was counted is shown.

        Raises:
            NoArchive: there is none.
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        begun = self._lag.begun_at
        if begun is None:
            return False
        figures, positions = await self._archive.ask(partial(figures_of, now=datetime.now(UTC)))
        self._ends_before, before = self._lag.ends, self._ends_before
        if not _reached(positions, begun):
            COMPLETE.set(0)
            return False
        lost = sum(each.lost for each in positions.values())
        LOST.set(lost)
        COMPLETE.set(1 if not lost and (before is None or _reached(positions, before)) else 0)
        self._figures.tell(figures)
        return True


def _reached(positions: Positions, ends: Mapping[int, int]) -> bool:
    return all(partition in positions and positions[partition].next >= end for partition, end in ends.items())
