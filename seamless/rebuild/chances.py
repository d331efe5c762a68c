"""The chance that what is among the first of a ranking still is later, by the earlier windows of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from seamless.rebuild.figures import Figure
from seamless.rebuild.targets import UNRANKED, Key, Offer, Waits, begun, longest, offers
from seamless.rebuild.windows import Window

FIRST = 3
"""A target counts as being among the first if it is one of so many."""

RECENT = 3
"""So many of the latest windows tell what a target offers: a run that comes once in two windows is in every
second one only."""

FEWEST_BEFORE = 3
"""In fewer earlier windows nobody sees what lasts."""

PRIOR = 2.0
"""The earlier windows of a target count together with so many imagined ones, in which it was among the first
as often as others of its place were one window later: see :func:`chances_of`."""


class Chance(Figure):
    """The chance that a target is among the first three in a later window.

    Attributes:
        value: the chance; None where there are too few earlier windows to tell.
        among_first, of_windows: in how many of those of which it is known it was among them.
    """

    value: float | None
    among_first: int
    of_windows: int


def in_order(offered: Mapping[Key, Offer]) -> list[Key]:
    """The targets by the hours that they offer, most first; without those that offer none, and without what
    is not ranked."""
    offering = (key for key, offer in offered.items() if offer.hours > 0 and key not in UNRANKED)
    return sorted(offering, key=lambda key: (-offered[key].hours, key))


def chances_of(found: Waits, windows: Sequence[Window]) -> dict[Key, Chance]:
    """The chance of each target to be worth so much in a later window that it is among the first three.

    Estimated from these windows alone. What a target was worth in one of them is what the waits that began in
    it took, so only those windows count that are over for so long that these are known. It is estimated from
    how often the target was among the first three of them, and, since they are few, from how often whatever
    had its place in the ranking before was (as a prior that weighs :data:`PRIOR` windows; Agresti and Coull
    1998 have the same weight).
    """
    now = windows[-1].until
    known = [window for window in windows if window.until + longest(found, now) <= now + timedelta(days=1)]
    firsts = [set(in_order(begun(found, window, now))[:FIRST]) for window in known]
    orders = [in_order(offers(found, recent(windows[:count]))) for count in range(1, len(known))]
    latest = in_order(offers(found, recent(windows)))
    targets = set(latest).union(*firsts)
    base = min(1.0, FIRST / len(targets)) if targets else 0.0
    chances = {}
    for place, key in enumerate(latest):
        among, value = sum(key in first for first in firsts), None
        if len(known) >= FEWEST_BEFORE:
            prior = _of_place(place, orders, firsts[1:], base)
            value = (among + PRIOR * prior) / (len(known) + PRIOR)
        chances[key] = Chance(value=value, among_first=among, of_windows=len(known))
    return chances


def _of_place(place: int, orders: Sequence[Sequence[Key]], firsts: Sequence[set[Key]], base: float) -> float:
    """How often what had a place in a ranking was among the first in the window after it. All places beyond
    the first three are taken together."""
    stayed = seen = 0
    for order, first in zip(orders, firsts, strict=True):
        its = order[place : place + 1] if place < FIRST else order[FIRST:]
        stayed += sum(key in first for key in its)
        seen += len(its)
    return (stayed + PRIOR * base) / (seen + PRIOR)


def recent(windows: Sequence[Window]) -> Window:
    """The latest :data:`RECENT` windows, as one."""
    return Window(windows[-RECENT:][0].since, windows[-1].until)
