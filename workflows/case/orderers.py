"""Who ordered something that the course does, such as suspending the case or waiving a fee."""

from __future__ import annotations

from typing import Any, NamedTuple

from contracts.terms.identifiers import PLATFORM, AgencyId, Party
from contracts.terms.requests import Request
from contracts.wire.contact import Contact, Handling
from workflows.case.case import Case
from workflows.case.faults import CourseFault

Orderer = AgencyId | Party | type[Request[Any]]
"""An agency; the applicant or a third party (:meth:`contracts.terms.identifiers.Party.third`); or whoever
answered the last request of a type: that agency, with the officer and the desk that it named."""


class Ordered(NamedTuple):
    """Who it was, and which officer, at which desk, where that was said."""

    actor: Party
    contact: Contact


BY_LAW = Ordered(PLATFORM, Contact())
"""Nobody ordered it: the course does it, as the law says."""


def ordered_by(case: Case, by: Orderer | None) -> Ordered:
    """Who ordered something; the platform, where it was nobody, or silence in an agency's place.

    Raises:
        LookupError: the service item knows no such third party.
        CourseFault: a request of that type was not asked before, or has no answer.
    """
    if by is None:
        return BY_LAW
    if isinstance(by, Party):
        case.item.check_party(by)
        return Ordered(by, Contact())
    if isinstance(by, AgencyId):
        return Ordered(Party.agency(by), Contact())
    outcome = next((case.journal.outcomes.get(step) for step in reversed(case.journal.steps(by.name))), None)
    if outcome is None or outcome.how not in ("answered", "deemed"):
        raise CourseFault(f"by={by.__name__}: no such request was answered before; ask it first")
    if outcome.how == "deemed" or not outcome.asked:
        return BY_LAW
    handling = outcome.handling or Handling()
    contact = Contact(officer=handling.officer, desk=handling.desk)
    return Ordered(Party.agency(outcome.asked[-1]), contact)
