"""What an agency is sent when it is asked."""

from __future__ import annotations

from typing import Literal

from contracts.platform import Delivered
from contracts.wire.messages import Requested, Rescheduled
from workflows.case.case import Case
from workflows.case.deadlines import Wait
from workflows.case.outbox import Recorded

STANDS_STILL = "time does not count at present"


def ask(
    case: Case,
    wait: Wait,
    *,
    kind: Literal["requested", "referred", "moved", "resent"],
    provisional: bool,
    by: Delivered | None = None,
) -> Recorded:
    """Record that the agency of a wait is asked, and tell it.

    Args:
        kind: ``referred``: it is asked in the place of one that did not answer; ``moved``: in the place of
            another one; ``resent``: it was asked this before.
        provisional: its limit reaches beyond the last published year of the calendar.
        by: the order of an operator that it is asked by.
    """
    request = case.requests[wait.step]
    agency, due, end = wait.agency, wait.due, wait.binding_end
    if agency is None or due is None or end is None or wait.limit is None or wait.basis is None:
        raise TypeError(f"{wait.step} is no request: it has no agency and no limit")
    requested = Requested(
        request=request.name,
        procedure=case.item.procedure,
        limit=wait.limit,
        due=due,
        binding_end=end,
        provisional=provisional,
        basis=wait.basis,
        outcomes=request.answer.outcomes(),
        reasons=wait.reasons,
        instead_of=wait.referred_by,
        content=request.model_dump(mode="json"),
    )
    data = requested if by is None else None  # an order's entry says who gave it and why
    still = wait.stands_still and case.runtime.patched("no-entry-has-a-due-time-that-stands-still")
    recorded = case.record(
        kind,
        of=wait,
        by=by,
        due=None if still else due,
        provisional=provisional and not still,
        basis=wait.basis,
        data=data,
    )
    recorded.tell_agency(agency, requested)
    if wait.stands_still:
        recorded.tell_agency(agency, Rescheduled(request=request.name, reason=STANDS_STILL))
    return recorded
