"""Ranking what to rebuild first: by the time that could be removed, the chance that it still can be later,
how much has to change for it, and what has to be taken care of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from contracts.terms.errors import InvalidInput
from contracts.terms.service_item import ServiceItem
from seamless.rebuild.chances import Chance, chances_of, recent
from seamless.rebuild.figures import Figure
from seamless.rebuild.handoffs import Between, between
from seamless.rebuild.log import EventLog
from seamless.rebuild.stakes import Ease, Risk, ease_of, risk_of
from seamless.rebuild.targets import (
    APPLICANTS,
    NOT_KNOWN,
    Key,
    Kind,
    Offer,
    Waits,
    of_one_officer,
    offers,
    usual_kind,
    waits,
)
from seamless.rebuild.windows import Length, Window, back_from, usual


class Part(Figure):
    """A step within a target: the hours a month of it that could be removed."""

    step: str
    hours_a_month: float


class Target(Figure):
    """What could be rebuilt.

    Attributes:
        key: an agency or a step, or the two parties of a handoff.
        hours_a_month: the waiting beyond the best quarter, in the latest windows.
        waits, mean: how many waits those have, and how long they took on average, in days.
        share: what ``hours_a_month`` is of what all targets offer together.
        expected: ``hours_a_month`` times the chance; without the chance, where that is not known.
        ease: what has to change; None: not known.
        order_by: by which the targets are ordered: ``expected``, for each thing that has to change. Where
            it is not known what has to, that counts as much as the most of the others.
        steps: its steps, those with most first; empty where the target is a step.
    """

    key: Key
    hours_a_month: float
    waits: int
    mean: float
    share: float
    chance: Chance
    expected: float
    ease: Ease | None
    risk: Risk
    order_by: float
    steps: tuple[Part, ...]


class Ranking(Figure):
    """The targets of a procedure, in the order in which they promise most.

    Attributes:
        between: whether handoffs are those of groups, or, where the log does not tell of any, of activities.
        since, until: the latest windows, which tell what is offered.
        windows: how many windows the log has, those included.
        not_known: the hours a month beyond the best quarter of which the log does not say who had the case.
        applicants: the hours a month beyond the best quarter for which the applicants had the case.
        left_out: groups that are not ranked, since all their steps are one officer's.
    """

    name: str
    as_of: datetime
    by: Kind
    between: Between
    window: str
    since: datetime
    until: datetime
    windows: int
    not_known: float
    applicants: float
    left_out: int
    targets: tuple[Target, ...]


def end_of_day(at: datetime) -> datetime:
    """The instant at which the day of a time is over."""
    return datetime.combine(at.date() + timedelta(days=1), time(), at.tzinfo)


class Expected(NamedTuple):
    """What is expected of a target: what it offers, and the chance that it still does later."""

    offer: Offer
    chance: Chance

    def hours(self) -> float:
        """What it offers times the chance, as far as that is known."""
        return self.offer.hours * (1.0 if self.chance.value is None else self.chance.value)


def expected(found: Waits, windows: Sequence[Window]) -> dict[Key, Expected]:
    """What is expected of each target, by what was known at the end of the last one of some windows. What it
    offers is from the latest ones, the chance from all."""
    chances = chances_of(found, windows)
    unknown = Chance(value=None, among_first=0, of_windows=0)
    return {
        key: Expected(offer, chances.get(key, unknown))
        for key, offer in offers(found, recent(windows)).items()
        if offer.hours > 0
    }


def rank(
    log: EventLog,
    *,
    by: Kind | None = None,
    length: Length | None = None,
    until: datetime | None = None,
    item: ServiceItem | None = None,
) -> Ranking:
    """Rank the targets of a log.

    Args:
        by: what is ranked; see :func:`seamless.rebuild.targets.usual_kind`.
        length: of the windows; see :func:`seamless.rebuild.windows.usual`.
        until: when the latest window ends: with the last day of the log, unless given.
        item: the catalogue entry of the procedure, where it has one.

    Raises:
        InvalidInput: there is no case, no such target, or no window; says what to give.
    """
    if not log.cases:
        raise InvalidInput(
            f"{log.name}: no case started in that time; choose another with --since and --as-of"
        )
    kind, each = by or usual_kind(log), length or usual(log)
    first, last = log.cases[0].start, until or end_of_day(log.as_of)
    found = waits(log, kind)
    windows = back_from(last, each, datetime.combine(first.date(), time(), first.tzinfo))
    if not windows:
        raise InvalidInput(
            f"--window {each}: {log.name} has cases from {first:%Y-%m-%d} on, which is less than one window "
            f"before {last:%Y-%m-%d}; give a shorter one, or a later --until"
        )
    of, left_out = between(log), len(of_one_officer(log)) if kind != "step" else 0
    each_expected, basis = expected(found, windows), recent(windows)
    not_known, applicants = (
        each_expected.pop(key).offer.hours / basis.months if key in each_expected else 0.0
        for key in (NOT_KNOWN, APPLICANTS)
    )
    if not each_expected:
        raise InvalidInput(
            f"{log.name}: from {basis.since:%Y-%m-%d} to {last:%Y-%m-%d} nothing is known to have waited "
            "longer than its best quarter; give a longer --window, or another --until"
        )
    return Ranking(
        name=log.name,
        as_of=log.as_of,
        by=kind,
        between=of,
        window=str(each),
        since=basis.since,
        until=last,
        windows=len(windows),
        not_known=not_known,
        applicants=applicants,
        left_out=left_out,
        targets=_targets(log, kind, found, basis, each_expected, item),
    )


def _targets(
    log: EventLog,
    kind: Kind,
    found: Waits,
    basis: Window,
    each_expected: Mapping[Key, Expected],
    item: ServiceItem | None,
) -> tuple[Target, ...]:
    total = sum(each.offer.hours for each in each_expected.values())
    steps_of: defaultdict[Key, set[str]] = defaultdict(set)
    for place in found.places:
        steps_of[place.target].add(place.step)
    eases = {key: ease_of(steps_of[key], log, item) for key in each_expected}
    most = max((ease.things for ease in eases.values() if ease is not None), default=1)
    told = []
    for key, (offer, chance) in each_expected.items():
        hours, ease = each_expected[key].hours() / basis.months, eases[key]
        told.append(
            Target(
                key=key,
                hours_a_month=offer.hours / basis.months,
                waits=offer.waits,
                mean=offer.mean,
                share=offer.hours / total,
                chance=chance,
                expected=hours,
                ease=ease,
                risk=risk_of(steps_of[key], log, item),
                order_by=hours / (ease.things if ease is not None else most),
                steps=_parts(offer, basis) if kind == "agency" else (),
            )
        )
    return tuple(sorted(told, key=lambda each: (-each.order_by, -each.hours_a_month, each.key)))


def _parts(offer: Offer, window: Window) -> tuple[Part, ...]:
    its = sorted(offer.steps.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Part(step=step, hours_a_month=hours / window.months) for step, hours in its if hours > 0)
