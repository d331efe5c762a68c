"""Figures as a dashboard tells them: with their unit, and on a scale."""

from __future__ import annotations

import math
import time
from itertools import pairwise

SPANS = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"), (0.001, "ms")]


def told(value: float, unit: str, *, whole: bool = False) -> str:
    """A figure in its unit."""
    if math.isnan(value):
        return "–"
    if whole and math.isfinite(value):
        value = round(value)
    match unit:
        case "s":
            return _span(value)
        case "percentunit":
            return f"{_short(value * 100)} %"
        case "dateTimeFromNow":
            left = value / 1000 - time.time()
            return f"in {_span(left)}" if left > 0 else f"{_span(-left)} ago"
        case "ops":
            return f"{_short(value)}/s"
    return _short(value)


def _span(seconds: float) -> str:
    for size, name in SPANS:
        if abs(seconds) >= size:
            return f"{_short(seconds / size)} {name}"
    return "0 s"


def _short(value: float) -> str:
    for size, name in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (1e3 if name == ' k' else size):.1f}{name}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def steps(lowest: float, highest: float, *, about: int = 4) -> list[float]:
    """Round values from ``lowest`` to at least ``highest``, evenly apart, for a scale."""
    if highest - lowest < 1e-9 * max(abs(lowest), abs(highest), 1e-6):  # no scale could tell them apart
        highest = lowest + 1
    raw = (highest - lowest) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(each * size for each in (1, 2, 2.5, 5, 10) if each * size >= raw)
    first = math.floor(lowest / step) * step
    count = math.ceil((highest - first) / step - 1e-9)
    return [first + step * at for at in range(count + 1)]


def runs(points: list[tuple[float, float]], *, step: float) -> list[list[tuple[float, float]]]:
    """The stretches of a series without a gap: nothing is drawn where nothing was known."""
    known = [(at, value) for at, value in points if math.isfinite(value)]
    found: list[list[tuple[float, float]]] = [known[:1]] if known else []
    for (before, _), point in pairwise(known):
        if point[0] - before > 1.5 * step:
            found.append([])
        found[-1].append(point)
    return found
