"""What an agency is told when it is asked."""

from __future__ import annotations

from typing import Literal

from contracts.wire.messages import Requested
from workflows.case.case import Case
from workflows.case.deadlines import Wait
from workflows.case.outbox import Recorded


def ask(case: Case, wait: Wait, *, kind: Literal["requested", "referred"], provisional: bool) -> Recorded:
    """Record that the agency of a wait is asked, and tell it.

    Args:
        kind: ``referred``: it is asked in the place of one that did not answer.
        provisional: its limit reaches beyond the last published year of the calendar.
    """
    request = case.requests[wait.step]
    agency, due, end = wait.agency, wait.due, wait.end
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
    recorded = case.record(kind, of=wait, due=due, provisional=provisional, basis=wait.basis, data=requested)
    recorded.tell_agency(agency, requested)
    return recorded
