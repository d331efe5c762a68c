"""The chance that what is among the first of a ranking still is later, by the earlier windows of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from seamless.rebuild.figures import Figure
from seamless.rebuild.targets import NOT_KNOWN, Key, Offer

FIRST = 3
"""A target counts as being among the first if it is one of so many."""

FEWEST_BEFORE = 3
"""In fewer earlier windows nobody sees what lasts."""

PRIOR = 2.0
"""The earlier windows of a target count together with so many imagined ones, in which it was among the first
as often as others of its place were one window later: see :func:`chances_of`."""


class Chance(Figure):
    """The chance that a target is among the first three in a later window.

    Attributes:
        value: the chance; None where there are too few earlier windows to tell.
        among_first, of_windows: in how many of the earlier windows it was among them.
    """

    value: float | None
    among_first: int
    of_windows: int


def in_order(offered: Mapping[Key, Offer]) -> list[Key]:
    """The targets by the hours that they offer, most first; without those that offer none, and without what
    is not known."""
    offering = (key for key, offer in offered.items() if offer.hours > 0 and key != NOT_KNOWN)
    return sorted(offering, key=lambda key: (-offered[key].hours, key))


def chances_of(each_offers: Sequence[Mapping[Key, Offer]]) -> dict[Key, Chance]:
    """The chance of each target to be among the first three in a later window.

    Estimated from this log alone: from how often the target was among them in the earlier windows, and, since
    those are few, from how often whatever had its place was among them one window later (as a prior that
    weighs :data:`PRIOR` windows; Agresti and Coull 1998 have the same weight).
    """
    orders = [in_order(offered) for offered in each_offers]
    firsts = [set(order[:FIRST]) for order in orders]
    targets = {key for order in orders for key in order}
    base = min(1.0, FIRST / len(targets)) if targets else 0.0
    chances = {}
    for key in sorted(targets):
        among = sum(key in first for first in firsts[:-1])
        before = len(firsts) - 1
        value = None
        if before >= FEWEST_BEFORE:
            place = orders[-1].index(key) if key in orders[-1] else len(orders[-1])
            prior = _of_place(place, orders, firsts, base)
            value = (among + PRIOR * prior) / (before + PRIOR)
        chances[key] = Chance(value=value, among_first=among, of_windows=before)
    return chances


def _of_place(place: int, orders: Sequence[Sequence[Key]], firsts: Sequence[set[Key]], base: float) -> float:
    """How often what had a place in a window was among the first in the next one. All places beyond the first
    three are taken together."""
    stayed = seen = 0
    for order, later in pairwise(zip(orders, firsts, strict=True)):
        its = order[0][place : place + 1] if place < FIRST else order[0][FIRST:]
        stayed += sum(key in later[1] for key in its)
        seen += len(its)
    return (stayed + PRIOR * base) / (seen + PRIOR)
