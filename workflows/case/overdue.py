"""What follows when a limit of the case itself passes: a stage's, the promised, or the statutory one."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.penalties import PENALTY
from contracts.terms.clock_rules import Late, PenaltyPayment, TacitGrant, TacitRefusal
from contracts.terms.decisions import Grant, Refuse
from contracts.wire.messages import CaseDue
from contracts.wire.notices import OverdueNotice
from workflows.case.case import Case
from workflows.case.deadlines import Deadline, Stage, Wait, Warn
from workflows.case.deciding import decide
from workflows.case.journal import Outcome
from workflows.case.ladder import may_bind
from workflows.case.penalty import take_penalty


def take_limit(case: Case, limit: Deadline) -> None:
    """Take the rung of a limit of the case itself that is due. What binds stays due until its fence is
    passed, or is held while a check has not answered."""
    if limit.step == PENALTY:
        if case.waits.fence(limit) is not None and not case.inbox:  # a decision in time is owed nothing for
            case.waits.forget(limit.step)
            take_penalty(case, limit)
    elif isinstance(limit.rungs[limit.passed].rung, Warn):
        _tell(case, limit, overdue=False)
    elif isinstance(limit, Stage):
        _stage_is_over(case, limit)
    elif limit.step == "statutory":
        _statutory_is_over(case, limit)
    else:
        _tell(case, limit, overdue=True)


def _tell(case: Case, limit: Deadline, *, overdue: bool, basis: str | None = None) -> None:
    """Record that a limit runs out, or is over, and tell the lead agency."""
    limit.passed += 1
    name = limit.name if isinstance(limit, Stage) else limit.step
    if limit.due is None:
        raise TypeError(f"the limit {name!r} has no end")
    recorded = case.record(
        "overdue" if overdue else "warned",
        step=limit.step if isinstance(limit, Stage) else None,
        occurred=limit.due if overdue else None,
        outcome=name,
        due=limit.due,
        basis=basis,
    )
    told = CaseDue(limit=name, due=limit.due, overdue=overdue, basis=basis)
    recorded.tell_agency(case.item.lead, told)
    if overdue and name == "statutory":
        recorded.tell_applicant(OverdueNotice(due=limit.due, follows=case.law.late.follows, basis=basis))


def _stage_is_over(case: Case, stage: Stage) -> None:
    """Tell it; and break the stage off, where its author says so."""
    within = [wait for wait in case.journal.waits.values() if stage.step in wait.stages]
    if stage.otherwise is not None and not _binds(case, stage, within):
        return
    stage.over = True
    _tell(case, stage, overdue=True)
    if stage.otherwise is not None:
        for wait in within:
            broken_off = Outcome(how="broken-off", value=stage.otherwise)
            case.stop(wait.step, f"the stage {stage.name!r} is over", broken_off, at=stage.end)


def _statutory_is_over(case: Case, limit: Deadline) -> None:
    """Tell it, and let follow what the law says."""
    late, waits = case.law.late, list(case.journal.waits.values())
    decided = _decided_by(late)
    if decided is not None and not _binds(case, limit, waits):
        return
    end = limit.end
    _tell(case, limit, overdue=True, basis=_basis_of(late))
    if decided is None:
        return
    case.journal.silence = decided
    for wait in waits:
        case.stop(wait.step, "the law has decided the case", Outcome(how="broken-off"), at=end)
    decide(case, decided, at=end)


def _binds(case: Case, limit: Deadline, waits: Sequence[Wait]) -> bool:
    """Whether what follows from there being no decision may take effect: everything in time is in the case,
    and no check of the platform's own is still to answer. That would be a fault, and no silence, unless an
    operator has ordered that it binds."""
    if not limit.released and any(wait.is_check for wait in waits):
        limit.unanswered = True
        case.record("held", step=limit.step, data={"unanswered": True})
        return False
    return may_bind(case, limit)


def _decided_by(late: Late) -> Grant | Refuse | None:
    match late:
        case TacitGrant():
            return Grant(deemed=True)
        case TacitRefusal(reason=reason):
            return Refuse(reason=reason, deemed=True)
    return None


def _basis_of(late: Late) -> str | None:
    return late.basis if isinstance(late, TacitGrant | TacitRefusal | PenaltyPayment) else None
