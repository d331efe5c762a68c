"""What is at stake where a target is rebuilt: how much has to change, and what has to be taken care of. Read
in the code of the procedure; of a log from elsewhere it is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

from contracts.terms.law import LawVersion
from contracts.terms.requests import Escalate, Refer, Request, end_of
from contracts.terms.service_item import ServiceItem
from seamless.rebuild.courses import all_spells
from seamless.rebuild.figures import Figure
from seamless.rebuild.handoffs import between, handoff_of
from seamless.rebuild.log import EventLog

Binding = Literal["deem", "lapse", "refer"]
"""How an overdue ladder ends: what silence brings about. In words: an outcome is deemed; the application
fails; another agency decides."""


class Ease(Figure):
    """How much has to change: the fewer things, the easier.

    Attributes:
        agencies: who answers, or is told when it is overdue.
        bases: rules on which the steps rest.
        handoffs: from whom to whom cases come to it and leave it, in the log.
    """

    agencies: int
    bases: int
    handoffs: int

    @property
    def things(self) -> int:
        """All of them: at least one."""
        return max(1, self.agencies + self.bases + self.handoffs)


class Risk(Figure):
    """What has to be taken care of. None: not known.

    Attributes:
        refusals: for so many reasons its steps may lead to a refusal.
        objections: the share of its cases that were followed by an objection or a correction.
        binding: what silence brings about.
    """

    refusals: int | None
    objections: float | None
    binding: tuple[Binding, ...] | None


def ease_of(steps: Collection[str], log: EventLog, item: ServiceItem | None) -> Ease | None:
    """How much has to change in some steps; None where the code does not say who does them."""
    asked = list(_requests(steps, item))
    if item is None or not asked:
        return None
    law, of = item.newest_law, between(log)
    pairs = {
        (handoff.before, handoff.after)
        for _, spell in all_spells(log)
        if (spell.step.activity in steps or (spell.before is not None and spell.before.activity in steps))
        and (handoff := handoff_of(spell, of)) is not None
    }
    return Ease(
        agencies=len({agency for each in asked for agency in _agencies(each, law)}),
        bases=len({law.terms(each).basis for each in asked} - {""}),
        handoffs=len(pairs),
    )


def risk_of(steps: Collection[str], log: EventLog, item: ServiceItem | None) -> Risk:
    """What has to be taken care of in some steps."""
    asked, refusals, binding = list(_requests(steps, item)), None, None
    if item is not None and asked:
        terms = [item.newest_law.terms(each) for each in asked]
        ends = [end_of(each.overdue) for each in terms]
        refusals = len({reason for each in terms for reason in each.reasons})
        binding = tuple(sorted({end.rung for end in ends if end is not None}))
    return Risk(refusals=refusals, objections=_objections(steps, log), binding=binding)


def _requests(steps: Collection[str], item: ServiceItem | None) -> Iterator[type[Request[Any]]]:
    yield from (each for each in (item.requests if item else ()) if each.local_name in steps)


def _agencies(request: type[Request[Any]], law: LawVersion) -> Iterator[str]:
    yield request.agency
    yield from (rung.to for rung in law.terms(request).overdue if isinstance(rung, Escalate | Refer))


def _objections(steps: Collection[str], log: EventLog) -> float | None:
    """Of the cases that had one of these steps and of which it is known."""
    known = [
        case.numbers["objections"] > 0
        for case in log.cases
        if "objections" in case.numbers and any(step.activity in steps for step in case.steps)
    ]
    return sum(known) / len(known) if known else None
