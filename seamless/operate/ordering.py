"""Orders about a case: what operators ask for, made into an order, with what it would do as far as the
archive knows. The case has the last word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from archive.proposals import waiting_in
from archive.reader import CaseRow
from archive.state import CaseState, state_of
from archive.steps import Step
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import AgencyId
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit, Unit
from contracts.terms.requests import REQUESTS
from contracts.terms.service_item import ServiceItem
from contracts.wire.ledger import LedgerEntry
from contracts.wire.orders import (
    CancelOrdered,
    ExtendOrdered,
    MoveOrdered,
    Order,
    ReleaseOrdered,
    ResendOrdered,
)

LIMIT = re.compile(r"\s*([0-9]{1,4})\s+(working[ -]day|day|week|month|hour)s?\s*")
"""How people write a limit: ``10 working days``, ``6 weeks``."""

LONGEST = 3660
"""The largest count of a limit."""

ORDERS: dict[str, type[Order]] = {
    each.lever: each for each in (CancelOrdered, ResendOrdered, MoveOrdered, ExtendOrdered, ReleaseOrdered)
}


class Person(NamedTuple):
    """Who gives an order.

    Attributes:
        officer, desk: the login name and the machine.
        on_behalf_of: for whom, as the officer says.
    """

    officer: str
    desk: str
    on_behalf_of: str | None = None


class Planned(NamedTuple):
    """An order that can be given.

    Attributes:
        order: what it says.
        request: the request that it is about.
        foreseen: what it would do, in words.
    """

    order: Order
    request: str | None
    foreseen: str


class Ordering:
    """The orders that one person can give about one case, as its ledger shows it."""

    def __init__(
        self, row: CaseRow, entries: Sequence[LedgerEntry], directory: Directory, person: Person, why: str
    ) -> None:
        """
        Args:
            entries: the whole ledger, in order.

        Raises:
            InvalidInput: the case is closed, or its procedure is not known here.
        """
        if row.status == "closed":
            raise InvalidInput(f"{row.case} is closed: it takes no order")
        item = CATALOGUE.get(row.procedure)
        if item is None:
            raise InvalidInput(f"{row.case}: the catalogue has no procedure {row.procedure!r}")
        self._row, self._entries, self._directory = row, entries, directory
        self._item: ServiceItem = item
        self._law: LawVersion = item.law_or_newest(row.law)
        self._state: CaseState = state_of(entries)
        self._said: dict[str, Any] = {
            "officer": person.officer,
            "desk": person.desk,
            "on_behalf_of": person.on_behalf_of,
            "why": why,
        }

    def resend(self, request: str) -> Planned:
        """Have a request sent again.

        Raises:
            InvalidInput: none of this name is open.
        """
        step = self._request(request)
        return self._plan(
            ResendOrdered(**self._said), step, f"{step.agency} would be sent {step.step} again, as it stands"
        )

    def move(self, request: str, agency: str) -> Planned:
        """Have a request answered by another agency.

        Raises:
            InvalidInput: no such request is open, there is no such agency, or it may not answer it.
        """
        step = self._request(request)
        known = {each.id for each in self._directory.agencies}
        if agency not in known:
            raise InvalidInput(f"there is no agency {agency!r}; there are: {', '.join(sorted(known))}")
        asked = REQUESTS.get(step.request or "")
        if asked is not None and not asked.may_be_answered_by(agency):
            may = ", ".join(dict.fromkeys((*asked.answerers(), *asked.stand_ins)))
            raise InvalidInput(f"{asked.name} cannot be moved to {agency}, only to: {may}")
        return self._plan(
            MoveOrdered(**self._said, agency=AgencyId(agency)),
            step,
            f"{agency} would be asked {step.step} in the place of {step.agency}, with a new limit",
        )

    def extend(self, approval: str, limit: str | None = None, basis: str | None = None) -> Planned:
        """Have the limits of the case extended.

        Args:
            approval: what the agency that has to approve it calls its approval.
            limit: by how much; by as much as the law allows, without it.
            basis: the rule; that of the one extension which the law knows, without it.

        Raises:
            InvalidInput: the law allows no such extension.
        """
        known = {rule.basis: rule for rule in self._law.extensions}
        if basis is None and len(known) == 1:
            basis = next(iter(known))
        if basis is None or basis not in known:
            there = "; ".join(known) or "none"
            raise InvalidInput(f"--basis: the law {self._law.id} has these extensions: {there}")
        rule = known[basis]
        wanted = rule.limit if limit is None else limit_of(limit)
        if wanted.unit != rule.limit.unit or wanted.count > rule.limit.count:
            raise InvalidInput(f"--limit: {basis} allows {rule.limit} at most, and not {wanted}")
        approver = rule.approver or self._item.lead
        order = ExtendOrdered(**self._said, basis=basis, limit=wanted, approver=approver, approval=approval)
        return self._plan(
            order, None, f"the limits would be {wanted} longer by {basis}, as {approver} has approved"
        )

    def release(self, step: str) -> Planned:
        """Let a held consequence take effect.

        Raises:
            InvalidInput: nothing of this name is held, as far as the ledger shows.
        """
        held = dict.fromkeys(each.step for each in self._entries if each.kind == "held" and each.step)
        found = [each for each in held if _is_named(each, step)]
        if len(found) != 1:
            there = ", ".join(held) or "nothing"
            raise InvalidInput(f"{step!r} is not held in {self._row.case}; what was held there: {there}")
        return self._plan(
            ReleaseOrdered(**self._said, step=found[0]),
            None,
            f"what follows from the end of {found[0]} would take effect once all is there that was in time",
        )

    def confirm(self, order: str | None = None) -> Planned:
        """Confirm what another person has ordered.

        Args:
            order: the id of the order; the one that waits, without it.

        Raises:
            InvalidInput: no such order waits, or its data was erased.
        """
        waiting = waiting_in(self._entries)
        found = [each for each in waiting if order in (None, each.order)]
        if len(found) != 1:
            there = ", ".join(each.order for each in waiting) or "none"
            raise InvalidInput(f"name the order that you confirm; waiting in {self._row.case}: {there}")
        [(proposed, entry)] = found
        kind = ORDERS.get(entry.outcome or "")
        if entry.data is None or kind is None:
            raise InvalidInput(f"{proposed}: what was ordered was erased")
        content = {
            name: value
            for name, value in entry.data.content.items()
            if name not in ("desk", "on_behalf_of", "why")
        }
        said = kind.model_validate(content | self._said | {"confirms": proposed})
        return Planned(said, entry.request, f"the order to {entry.outcome} would take effect")

    def _request(self, text: str) -> Step:
        asked = [each for each in self._state.waiting if each.request is not None]
        found = [each for each in asked if _is_named(each.step, text.removeprefix(f"{self._row.case}/"))]
        if len(found) != 1:
            there = ", ".join(each.step for each in asked) or "none"
            raise InvalidInput(f"no open request is {text!r} in {self._row.case}; open are: {there}")
        if found[0].agency in self._directory.checks():
            raise InvalidInput(f"{found[0].agency} has an automated check, which nothing can be sent to")
        return found[0]

    def _plan(self, order: Order, step: Step | None, foreseen: str) -> Planned:
        request = f"{self._row.case}/{step.step}" if step else None
        if order.lever in self._item.two_persons:
            foreseen += "; it needs a second person, who confirms it"
        return Planned(order, request, foreseen)


def limit_of(text: str) -> Limit:
    """A limit as people write it.

    Raises:
        InvalidInput: it is none.
    """
    match = LIMIT.fullmatch(text.lower())
    if match is None or not 0 < int(match[1]) <= LONGEST:
        raise InvalidInput(
            f"--limit: {text!r} is not a limit; write it as 10 working-days, 6 weeks, 48 hours"
        )
    return Limit(count=int(match[1]), unit=cast(Unit, f"{match[2].replace(' ', '-')}s"))


def _is_named(step: str, text: str) -> bool:
    """Whether people call a step so: ``review-fire-safety`` is
    ``construction-permit.review-fire-safety/1``."""
    local = step.rpartition(".")[2]
    return text != "" and text in (step, step.rpartition("/")[0], local, local.rpartition("/")[0])
