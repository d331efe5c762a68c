"""What an entry of a ledger tells of how it came about, beside the event that it names."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from contracts.platform import CANCEL, Cancellation, FencePassed
from contracts.wire.ledger import LedgerEntry
from seamless.explore.driver import cancelled, signal
from workflows.case.carrier import BROKEN_OFF_BY_TEMPORAL

FENCED_KINDS = frozenset({"deemed", "lapsed", "referred"})
MAY_BE_FENCED = frozenset({"overdue", "penalty-begun", "penalty-due"})


def is_fenced(entry: LedgerEntry) -> bool:
    """Whether a fence was passed for an entry. None was where something is held that does not end by silence:
    a check of the platform's own has not answered; or its end is past by the days of a new calendar, which
    is the basis then."""
    if entry.kind != "held":
        return entry.kind in FENCED_KINDS
    unanswered = entry.data is not None and "unanswered" in entry.data.content
    return not unanswered and entry.basis != entry.calendar


def may_be_fenced(entry: LedgerEntry) -> bool:
    """Whether a fence was passed for an entry if something follows by law from what it says."""
    return entry.kind in MAY_BE_FENCED


def broken_off(group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
    """How an operator has ended the case by no event: by our signal, or by Temporal's Cancel."""
    said = [each for each in group if each.kind == "broken-off"]
    by_signal = [each.data.content for each in said if each.data and not each.cause]
    if said:
        return [signal(CANCEL, Cancellation.model_validate(each)) for each in by_signal]
    contents = [each.data.content for each in group if each.kind in ("cancelled", "decided") and each.data]
    ended = {"outcome": "ended", "result": "broken-off"}
    is_so = any(
        each.get("reason") == BROKEN_OFF_BY_TEMPORAL or each.get("decision") == ended for each in contents
    )
    return [cancelled()] if is_so else []


def found_for(entry: LedgerEntry) -> FencePassed:
    """What a fence found that let the case write this."""
    said = entry.data.content if entry.data and entry.kind == "held" else {}
    if not said:
        return FencePassed()
    outage = None
    if "outage_began" in said:
        outage = {"began": said["outage_began"], "ended": said["outage_ended"]}
    return FencePassed.model_validate(
        {"held_until": said["until"], "outage": outage, "paused": said.get("paused_since")}
    )
