"""Intake: every event counts once and takes effect, or its sender is told why not."""

from __future__ import annotations

from collections.abc import Callable

from contracts.platform import Delivered
from contracts.terms.errors import Refusal
from contracts.wire.envelope import Event
from contracts.wire.messages import (
    Answered,
    ApplicantReplied,
    ApplicantWithdrew,
    Corrected,
    NoticeOfDefault,
    NotOurs,
    Paid,
    Question,
    Received,
    Reported,
    Supplemented,
)
from contracts.wire.orders import CancelOrdered, ExtendOrdered, MoveOrdered, ReleaseOrdered, ResendOrdered
from workflows.case import agency_events, channel_events, operator_events, penalty
from workflows.case.case import Case, refusal
from workflows.case.journal import size_of
from workflows.case.replies import refuse


def hear(case: Case, delivered: Delivered) -> None:
    """Hear an event, once: it takes effect when its turn comes. A repeat (same source and id) changes
    nothing; but where the broker received it before a copy that is still undecided, it takes that one's
    place: it may be in time. What was refused and is sent again is looked at again, since what was not in
    place may be now.
    """
    case.events += 1  # a repeat, too: it fills the run's history as much as the first copy did
    case.bytes += size_of(delivered)
    journal, event = case.journal, delivered.event
    match journal.hear(delivered):
        case "new":
            journal.undecided.append(delivered)
        case "copy":
            if journal.drop_later_copy(delivered):
                journal.undecided.append(delivered)
        case "again":
            if case.runtime.patched("refused-is-looked-at-again"):  # a run of 0.2.0 dropped it
                journal.expect(event)
                journal.undecided.append(delivered)
        case "other":
            if case.runtime.patched("ids-clash-in-turn"):  # a run of 0.2.0 refused it at once
                journal.expect(event)
                journal.undecided.append(delivered)
            else:
                refuse(case, delivered, refusal("id-reused"))


def take_effect(case: Case, delivered: Delivered) -> None:
    """Let an event take effect. Where it cannot, that is recorded, and its sender is told why. So it is where
    another event took effect that had its id, be it the application: only now that is known, since one that
    was refused has used up no id."""
    event = delivered.event
    try:
        if case.journal.has_used_up(event) or _has_id_of_the_application(case, event):
            raise refusal("id-reused")
        if case.closed:
            raise refusal("case-closed")
        _EFFECTS[event.type](case, delivered)
    except Refusal as why:
        refuse(case, delivered, why)


def _has_id_of_the_application(case: Case, event: Event) -> bool:
    """Runs of 0.2.0 took what has it."""
    return event.key == case.opened.cause and case.runtime.patched("application-uses-its-id-up")


_EFFECTS: dict[str, Callable[[Case, Delivered], None]] = {
    Answered.type: agency_events.answer,
    Received.type: agency_events.receive,
    Corrected.type: agency_events.correct,
    Question.type: agency_events.ask_applicant,
    NotOurs.type: agency_events.disown,
    Reported.type: agency_events.report,
    Paid.type: channel_events.pay,
    Supplemented.type: channel_events.supplement,
    ApplicantReplied.type: channel_events.reply,
    ApplicantWithdrew.type: channel_events.withdraw,
    NoticeOfDefault.type: penalty.notice_default,
    CancelOrdered.type: operator_events.cancel,
    ResendOrdered.type: operator_events.resend,
    MoveOrdered.type: operator_events.move,
    ExtendOrdered.type: operator_events.extend,
    ReleaseOrdered.type: operator_events.release,
}
