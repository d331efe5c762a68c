"""Where a case stands, read from its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from contracts.terms.decisions import Decision
from contracts.terms.identifiers import APPLICANT, CaseId, Party
from contracts.terms.values import Contract
from contracts.wire.ledger import PART, Kind, LedgerEntry

OPENING: frozenset[Kind] = frozenset({"requested", "referred", "asked-applicant", "fee-due", "waiting"})
ENDING: frozenset[Kind] = frozenset(
    {"answered", "deemed", "lapsed", "cancelled", "supplemented", "reported", "paid"}
)

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


class Holding(Contract):
    """Somebody has the case."""

    holder: Party
    since: AwareDatetime


class OpenStep(Contract):
    """A step that the case waits for. All of it stands in the ledger outside what may be erased.

    ``due`` is None where the step has no limit, ``basis`` where no rule sets it. ``escalated``: it is
    overdue, and the lead agency was told.
    """

    step: str
    holder: Party
    asked: AwareDatetime
    due: AwareDatetime | None
    basis: str | None = None
    escalated: bool = False


class CaseState(Contract):
    """A case as its ledger leaves it.

    ``application`` is None where it was erased. ``marks`` are codes of the service item, in order.
    ``decided`` is when the decision was recorded.
    """

    case: CaseId
    application: dict[str, Any] | None
    marks: tuple[str, ...] = ()
    holders: tuple[Holding, ...]
    waiting: tuple[OpenStep, ...]
    decision: Decision | None = None
    decided: AwareDatetime | None = None


def state_of(entries: Sequence[LedgerEntry]) -> CaseState:
    """Where a case stands after ``entries``: its ledger, in order, at least one."""
    since: dict[str, Any] = {}
    waiting: dict[str, OpenStep] = {}
    decision: Decision | None = None
    decided = None
    for entry in entries:
        since = {holder: since.get(holder, entry.recorded) for holder in entry.holders}
        if entry.kind in OPENING and entry.step:
            waiting[entry.step] = _opened(entry)
        elif entry.kind in ENDING and entry.step and entry.outcome != PART:
            waiting.pop(entry.step, None)
        elif entry.kind == "escalated" and entry.step in waiting:
            waiting[entry.step] = waiting[entry.step].model_copy(update={"escalated": True})
        elif entry.kind == "decided":
            decision, decided = _decision(entry), entry.recorded
        waiting = {step: each for step, each in waiting.items() if each.holder in entry.holders}
    return CaseState(
        case=entries[0].case,
        application=_content(entries[0]).get("application"),
        marks=tuple(entry.outcome for entry in entries if entry.kind == "marked" and entry.outcome),
        holders=tuple(Holding(holder=holder, since=start) for holder, start in since.items()),
        waiting=tuple(waiting.values()),
        decision=decision,
        decided=decided,
    )


def _content(entry: LedgerEntry) -> dict[str, Any]:
    return entry.data.content if entry.data else {}


def _opened(entry: LedgerEntry) -> OpenStep:
    return OpenStep(
        step=entry.step or "",
        holder=Party.agency(entry.agency) if entry.agency else APPLICANT,
        asked=entry.recorded,
        due=entry.due,
        basis=entry.basis,
    )


def _decision(entry: LedgerEntry) -> Decision | None:
    try:
        return _DECISION.validate_python(_content(entry).get("decision"))
    except ValidationError:
        return None
