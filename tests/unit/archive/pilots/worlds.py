"""Pilots as tests need them: blocks whose places are drawn, in offices of every kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.pilots.cases import PilotCase


def pilot(
    starts: Sequence[float], times: Sequence[float], places: Sequence[int], size: int, longer: float = 1.0
) -> list[PilotCase]:
    """The cases of a pilot, in the order of their starts.

    Args:
        times: how long each takes; infinity: it never ends. That of a new one is ``longer`` times as long.
        places: in each block, which of its cases gets the new variant.
    """
    found = []
    for at, (start, time) in enumerate(zip(starts, times, strict=True)):
        block, place = divmod(at, size)
        new = places[block] == place
        took = time * (longer if new else 1.0)
        found.append(
            PilotCase(
                block=block,
                size=size,
                arm="new" if new else "old",
                start=start,
                end=start + took if np.isfinite(took) else None,
                refused=False if np.isfinite(took) else None,
            )
        )
    return found


def drawn(
    random: np.random.Generator, blocks: int, size: int, longer: float = 1.0, whole_days: bool = False
) -> list[PilotCase]:
    """A pilot in an office where a case takes six weeks, and one in ten is never closed.

    Args:
        whole_days: all is recorded by day, so that many take equally long.
    """
    starts = np.sort(random.uniform(0, blocks, blocks * size))
    times = np.where(random.random(blocks * size) < 0.1, np.inf, random.gamma(3.0, 14.0, blocks * size))
    if whole_days:
        starts, times = np.floor(starts), np.floor(times / 7) * 7
    places = random.integers(size, size=blocks)
    return pilot(starts.tolist(), times.tolist(), places.tolist(), size, longer)
