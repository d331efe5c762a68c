"""Where a case stands, read from its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from archive.silence import Silences
from archive.steps import Step, Steps
from contracts.terms.decisions import Decision
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.values import Contract
from contracts.wire.ledger import LedgerEntry

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


class Holding(Contract):
    """Somebody has the case."""

    holder: Party
    since: AwareDatetime


class CaseState(Contract):
    """The state of a case according to its ledger.

    ``application`` is None where it was erased. ``marks`` are codes of the service item, in order.
    ``waiting`` are the steps that are open. ``decided`` is when the decision was recorded, and ``by_silence``
    whether the law made it, since nobody had. ``deemed`` are the requests that silence answered.
    """

    case: CaseId
    application: dict[str, Any] | None
    marks: tuple[str, ...] = ()
    holders: tuple[Holding, ...]
    waiting: tuple[Step, ...]
    decision: Decision | None = None
    decided: AwareDatetime | None = None
    by_silence: bool = False
    deemed: tuple[Step, ...] = ()


def state_of(entries: Sequence[LedgerEntry]) -> CaseState:
    """Where a case stands after ``entries``: its ledger, in order, at least one."""
    since: dict[Party, datetime] = {}
    steps = Steps()
    silences = Silences()
    decided: LedgerEntry | None = None
    by_silence = False
    for entry in entries:
        since = {holder: since.get(holder, entry.recorded) for holder in entry.holders}
        steps.add(entry)
        silent = silences.add(entry)
        if entry.kind == "decided":
            decided, by_silence = entry, silent
    return CaseState(
        case=entries[0].case,
        application=_content(entries[0]).get("application"),
        marks=tuple(entry.outcome for entry in entries if entry.kind == "marked" and entry.outcome),
        holders=tuple(Holding(holder=holder, since=start) for holder, start in since.items()),
        waiting=steps.open,
        decision=_decision(decided) if decided else None,
        decided=decided.recorded if decided else None,
        by_silence=by_silence,
        deemed=tuple(step for step in steps.all.values() if step.how == "deemed"),
    )


def _content(entry: LedgerEntry) -> dict[str, Any]:
    return entry.data.content if entry.data else {}


def _decision(entry: LedgerEntry) -> Decision | None:
    try:
        return _DECISION.validate_python(_content(entry).get("decision"))
    except ValidationError:
        return None
