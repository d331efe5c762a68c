"""What each event does to a case, and what its sender is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.procedures.construction_permit import ReviewFireSafety
from contracts.procedures.traffic_fine import FineNotified, FineSent
from contracts.terms.decisions import Grant
from contracts.terms.identifiers import Party
from contracts.terms.limits import working_days
from contracts.wire.envelope import Message
from contracts.wire.messages import (
    Answered,
    ApplicantWithdrew,
    Corrected,
    Paid,
    Received,
    Refused,
    Reported,
    Supplemented,
    Taken,
    refusal_id,
)
from contracts.wire.notices import RefusedNotice
from tests.applications import application
from tests.unit.workflows.case.authoring import ITEM
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    START,
    VirtualRuntime,
    a_case,
    checks,
    delivered,
    letters,
    posted,
    take,
)
from workflows.case.case import Case
from workflows.case.deciding import close
from workflows.case.intake import hear
from workflows.case.journal import FACTS_KEPT, Outcome
from workflows.case.waiting import open_applicant, open_request

REVIEW = "construction-permit.review-fire-safety/1"
CONSENT = Answered(answer={"outcome": "consent"}, officer="officer-7")


@pytest.fixture
async def case(runtime: VirtualRuntime) -> Case:
    """A case that has asked the fire brigade."""
    case = a_case(runtime)
    open_request(case, ReviewFireSafety(site=application().site, design=application().design))
    return case


def comes(case: Case, message: Message, sender: Party, **details: Any) -> None:
    take(case, delivered(message, case.opened.case, sender, **details))


def told(case: Case, reader: Party) -> tuple[str, dict[str, Any]]:
    """The last message to a party."""
    return letters(case, reader)[-1]


async def test_an_answer_settles_the_request_and_its_sender_is_told(case: Case) -> None:
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW)
    assert case.journal.outcomes[REVIEW].value["outcome"] == "consent"
    answered = posted(case)[-1]
    assert (answered.kind, answered.step, answered.outcome, answered.automated) == (
        "answered", REVIEW, "consent", False,
    )  # fmt: skip
    kind, taken = told(case, FIRE_SAFETY)
    assert (kind, taken["late"]) == (Taken.type, False)


async def test_an_event_that_comes_again_changes_nothing(case: Case) -> None:
    event = delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=REVIEW)
    take(case, event)
    before = posted(case)
    take(case, event)
    assert posted(case) == before


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
async def test_what_is_put_right_counts_however_soon_it_comes_after_what_was_wrong(
    case: Case, cut: int
) -> None:
    """Whether the case takes events one at a time or many at once."""
    refuse = Answered(answer={"outcome": "refuse", "reason": "fire-safety-insufficient"})
    wrong = Answered(answer={"outcome": "refuse", "reason": "sewer-capacity"})
    sent = [
        delivered(said, case.opened.case, FIRE_SAFETY, step=REVIEW, event_id="1", received=START + at)
        for at, said in zip([timedelta(seconds=n) for n in range(3)], (wrong, CONSENT, refuse), strict=True)
    ]
    take(case, *sent[:cut])
    take(case, *sent[cut:])
    kinds = [(entry.kind, entry.reason, entry.outcome) for entry in posted(case)[1:]]
    assert kinds == [
        ("refused", "invalid", None),
        ("answered", None, "consent"),
        ("refused", "id-reused", None),
    ]


class OfTheFirstRelease(VirtualRuntime):
    """A run that began before the code was changed."""

    def patched(self, change: str) -> bool:
        return False


async def test_a_run_of_the_first_release_goes_on_as_it_did() -> None:
    case = a_case(OfTheFirstRelease())
    early = {"step": REVIEW, "event_id": "1"}
    comes(case, CONSENT, FIRE_SAFETY, **early)
    open_request(case, ReviewFireSafety(site=application().site, design=application().design))
    comes(case, CONSENT, FIRE_SAFETY, **early, received=START + timedelta(minutes=1))
    assert REVIEW in case.journal.waits
    other = Answered(answer={"outcome": "consent"}, officer="officer-8")
    comes(case, other, FIRE_SAFETY, **early, received=START + timedelta(minutes=2))
    assert posted(case)[-1].kind == "answered"  # its id was free
    comes(case, ApplicantWithdrew(), PORTAL, event_id=case.opened.cause.partition("#")[2])
    assert posted(case)[-1].kind == "withdrawn"


async def test_an_earlier_copy_of_what_was_refused_does_not_take_the_place_of_what_was_put_right(
    case: Case,
) -> None:
    wrong = Answered(answer={"outcome": "refuse", "reason": "sewer-capacity"})
    same = {"step": REVIEW, "event_id": "1"}
    comes(case, wrong, FIRE_SAFETY, **same, received=START + timedelta(minutes=1))
    right = delivered(CONSENT, case.opened.case, FIRE_SAFETY, **same, received=START + timedelta(minutes=2))
    hear(case, right)
    hear(case, delivered(wrong, case.opened.case, FIRE_SAFETY, **same, received=START))
    assert case.journal.undecided == [right]


async def test_a_channel_with_the_name_of_a_check_hears_why_it_is_refused() -> None:
    drainage = Party.channel("drainage")
    case = a_case(VirtualRuntime(), channel="drainage", checks=checks("drainage"))
    comes(case, Supplemented(application={"land_title": None}), drainage)
    assert told(case, drainage)[1]["reason"] == "not-asked"


async def test_an_answer_after_the_binding_end_is_undecided_until_the_consequence_binds(case: Case) -> None:
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW, received=START + 13 * DAY)
    take(case)
    assert "late" not in [entry.kind for entry in posted(case)]
    assert REVIEW in case.journal.waits
    case.waits.settle(REVIEW, Outcome(how="deemed", value={"outcome": "consent", "deemed": True}))
    take(case)
    assert posted(case)[-1].kind == "late"
    assert told(case, FIRE_SAFETY)[1]["late"] is True
    assert case.journal.undecided == []


async def test_an_answer_within_the_grace_still_counts(case: Case) -> None:
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW, received=START + 12 * DAY)
    assert posted(case)[-1].kind == "answered"


async def test_an_answer_that_crossed_a_cancellation_is_kept_as_late(case: Case) -> None:
    case.stop(REVIEW, "another agency answered: refuse")
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW)
    assert posted(case)[-1].kind == "late"
    assert case.journal.outcomes[REVIEW].how == "stopped"


@pytest.mark.parametrize(
    ("sender", "step"),
    [
        (FIRE_SAFETY, "construction-permit.review-fire-safety/2"),
        (HOUSING, "construction-permit.review-fire-safety/1"),
    ],
)
async def test_nobody_answers_what_they_were_not_asked(case: Case, sender: Party, step: str) -> None:
    comes(case, CONSENT, sender, step=step)
    assert (posted(case)[-1].kind, posted(case)[-1].reason) == ("refused", "unknown-request")
    kind, refused = told(case, sender)
    assert (kind, refused["reason"], refused["detail"]) == (
        Refused.type, "unknown-request", "The case made no such request.",
    )  # fmt: skip
    assert REVIEW in case.journal.waits


@pytest.mark.parametrize("answer", [{"outcome": "perhaps"}, {"outcome": "refuse"}, {}])
async def test_an_answer_that_does_not_fit_is_refused_and_the_request_stays_open(
    case: Case, answer: dict[str, Any]
) -> None:
    comes(case, Answered(answer=answer), FIRE_SAFETY, step=REVIEW)
    assert posted(case)[-1].reason == "invalid"
    assert REVIEW in case.journal.waits


async def test_that_a_request_was_received_is_recorded_and_nobody_is_told(case: Case) -> None:
    before = len(letters(case, FIRE_SAFETY))
    comes(case, Received(), FIRE_SAFETY, step=REVIEW)
    assert (posted(case)[-1].kind, posted(case)[-1].step) == ("received", REVIEW)
    assert len(letters(case, FIRE_SAFETY)) == before


async def test_a_correction_is_kept_and_changes_nothing_by_itself(case: Case) -> None:
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW)
    corrected = Corrected(answer={"outcome": "refuse"}, reason="misread")
    comes(case, corrected, FIRE_SAFETY, step=REVIEW)
    assert posted(case)[-1].kind == "corrected"
    assert case.journal.outcomes[REVIEW].value["outcome"] == "consent"
    assert told(case, FIRE_SAFETY)[1]["late"] is True


async def test_a_step_without_a_report_type_is_recorded(case: Case) -> None:
    comes(case, Reported(step="visit", officer="officer-3"), HOUSING)
    reported = posted(case)[-1]
    assert (reported.kind, reported.outcome, reported.automated) == ("reported", "visit", False)
    assert told(case, HOUSING)[0] == Taken.type


@pytest.mark.parametrize(
    ("reporter", "content", "reason", "field"),
    [
        ("police", {"expense": "13"}, "invalid", "data.content.expense"),
        ("housing", {"expense": {"amount": "1.00", "currency": "EUR"}}, "wrong-source", "data.step"),
    ],
)
async def test_a_report_that_is_not_what_its_type_asks_for_is_refused(
    runtime: VirtualRuntime, reporter: str, content: dict[str, Any], reason: str, field: str
) -> None:
    case = a_case(runtime, ITEM)
    comes(case, Reported(step=FineSent.step, content=content), Party.agency(reporter))
    kind, refused = told(case, Party.agency(reporter))
    assert (kind, refused["reason"], refused["field"]) == (Refused.type, reason, field)
    assert case.journal.facts == []


async def test_who_does_not_report_in_the_procedure_is_refused(case: Case) -> None:
    for agency in ("police", "municipality"):
        comes(case, Reported(step="visit"), Party.agency(agency))
        kind, refused = told(case, Party.agency(agency))
        assert (kind, refused["reason"], refused["field"]) == (Refused.type, "wrong-source", "source")
    assert "reported" not in [entry.kind for entry in posted(case)]


async def test_of_a_step_that_no_verb_can_wait_for_nothing_is_kept(case: Case) -> None:
    comes(case, Reported(step="visit"), HOUSING)
    assert case.journal.facts == []


async def test_a_fact_for_which_there_is_no_room_is_refused_and_changes_nothing(
    runtime: VirtualRuntime,
) -> None:
    case, post = a_case(runtime, ITEM), Party.agency("post")
    for _ in range(FACTS_KEPT + 1):
        comes(case, Reported(step=FineNotified.step, content={"notified": "2026-03-02"}), post)
    assert [entry.kind for entry in posted(case)][-2:] == ["reported", "refused"]
    assert told(case, post)[1]["reason"] == "too-many-events"
    assert len(case.journal.facts) == FACTS_KEPT


async def test_a_payment_that_nobody_waits_for_is_recorded_and_kept(case: Case) -> None:
    comes(case, Paid.model_validate(FEE), PORTAL)
    assert posted(case)[-1].kind == "paid"
    assert [fact.name for fact in case.journal.facts] == ["paid"]


async def test_a_supplement_that_does_not_fit_is_refused_at_its_field(case: Case) -> None:
    asked = ("floor_area",)
    open_applicant(case, "supplement", "supplemented", working_days(1), lambda wait: None, fields=asked)
    comes(case, Supplemented(application={"floor_area": "much"}), PORTAL)
    kind, refused = told(case, PORTAL)
    assert (kind, refused["reason"], refused["field"]) == (
        RefusedNotice.type, "invalid", "data.application.floor_area",
    )  # fmt: skip
    assert case.journal.supplements == {}


@pytest.mark.parametrize(
    ("message", "sender"), [(CONSENT, FIRE_SAFETY), (ApplicantWithdrew(), PORTAL)], ids=["agency", "channel"]
)
async def test_what_comes_for_a_closed_case_is_refused_to_its_sender(
    case: Case, message: Message, sender: Party
) -> None:
    close(case, Grant())
    late = delivered(message, case.opened.case, sender, step=REVIEW if sender == FIRE_SAFETY else None)
    take(case, late)
    assert (posted(case)[-1].kind, posted(case)[-1].reason) == ("refused", "case-closed")
    assert told(case, sender)[1]["reason"] == "case-closed"
    (letter,) = case.outbox._waiting[-1].posting().letters
    event = late.event
    assert letter.id == refusal_id(event.source, event.id, event.digest, "case-closed"), "as the gateway's"


async def test_the_brokers_time_is_recorded_beside_the_cases(case: Case, runtime: VirtualRuntime) -> None:
    runtime.time = START + timedelta(minutes=3)
    comes(case, CONSENT, FIRE_SAFETY, step=REVIEW, received=START + timedelta(minutes=1))
    answered = posted(case)[-1]
    assert answered.recorded - answered.received == timedelta(minutes=2)


FEE: dict[str, Any] = {"amount": {"amount": "10.00", "currency": "CNY"}, "reference": "bank-1"}
