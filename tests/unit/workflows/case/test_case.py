"""The state of a case: its ledger, and what can happen to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from contracts.procedures.construction_permit import CheckCompleteness, ReviewFireSafety
from contracts.procedures.traffic_fine import TRAFFIC_FINE
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import APPLICANT, PLATFORM, SYSTEM
from contracts.terms.limits import working_days
from contracts.wire.ledger import GENESIS, faults
from contracts.wire.messages import ApplicantWithdrew, Cancelled
from contracts.wire.notices import Decided
from tests.applications import application, document, fine
from tests.unit.workflows.case.running import (
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    START,
    VirtualRuntime,
    a_case,
    delivered,
    letters,
    next_run,
    posted,
)
from workflows.case.case import Case
from workflows.case.deciding import close, decide
from workflows.case.interruptions import Withdrawal
from workflows.case.outbox import WouldFork
from workflows.case.waiting import open_applicant, open_request

CHECK = CheckCompleteness(application=application())
REVIEW = ReviewFireSafety(site=application().site, design=application().design)


def withdraw(case: Case) -> None:
    case.withdraw(delivered(ApplicantWithdrew(), case.opened.case, PORTAL))


# --- the ledger ------------------------------------------------------------------------------------------


async def test_every_entry_is_numbered_and_bound_to_the_one_before(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    for data in ({"number": 1}, None, {"number": 3}):
        case.record("marked", data=data)
    entries = posted(case)
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert entries[0].previous == GENESIS
    assert faults(entries) == []


async def test_a_new_run_goes_on_with_the_chain(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    case.record("marked")
    later = next_run(case, runtime)
    later.record("marked")
    assert faults(posted(case) + posted(later)) == []


async def test_data_that_may_be_erased_has_a_salt_of_its_own(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    one, two = (case.record("marked", data={"same": True}).entry for _ in range(2))
    assert one.data_digest != two.data_digest
    assert case.record("marked").entry.data is None


async def test_an_entry_brought_about_by_an_event_says_who_and_when(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    withdrawal = delivered(
        ApplicantWithdrew(reason="plans changed"), case.opened.case, PORTAL, received=START
    )
    runtime.time = START + timedelta(hours=1)
    entry = case.record("withdrawn", by=withdrawal).entry
    assert (entry.actor, entry.cause) == (PORTAL, withdrawal.event.key)
    assert (entry.received, entry.recorded) == (START, runtime.time)
    assert entry.data is not None
    assert entry.data.content == {"reason": "plans changed"}
    assert case.record("marked").entry.actor == PLATFORM


async def test_where_a_log_is_replayed_the_entries_have_its_time(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, behind=timedelta(days=7000))
    assert case.record("marked").entry.recorded == START - timedelta(days=7000)


async def test_a_case_is_held_by_all_it_waits_for_else_by_the_system(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    assert case.holders == (SYSTEM,)
    open_request(case, CHECK)
    open_request(case, REVIEW)
    open_applicant(case, "collect", "paid", working_days(1), lambda wait: None)
    assert list(case.holders) == [FIRE_SAFETY, HOUSING, APPLICANT]  # sorted: never in a set's order
    close(case, Grant())
    assert list(case.holders) == []


# --- decided, withdrawn, closed --------------------------------------------------------------------------


async def test_until_the_decision_a_withdrawal_interrupts_the_course(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    case.interrupt_if_withdrawn()
    withdraw(case)
    assert posted(case)[-1].kind == "withdrawn"
    with pytest.raises(Withdrawal):
        case.interrupt_if_withdrawn()


async def test_once_decided_a_case_cannot_be_withdrawn(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    decide(case, Grant())
    with pytest.raises(Refusal) as refused:
        withdraw(case)
    assert refused.value.reason == "already-decided"
    case.interrupt_if_withdrawn()
    assert [entry.kind for entry in posted(case)] == ["decided"]


async def test_a_withdrawal_before_the_decision_does_not_interrupt_what_comes_after_it(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    withdraw(case)
    decide(case, Grant())
    case.interrupt_if_withdrawn()
    assert not case.withdrawn


async def test_where_the_law_knows_no_withdrawal_it_is_refused(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, TRAFFIC_FINE, application=fine(), procedure=TRAFFIC_FINE.procedure)
    with pytest.raises(Refusal) as refused:
        withdraw(case)
    assert refused.value.reason == "not-withdrawable"
    assert posted(case) == []


async def test_a_decision_is_recorded_and_told_once_also_over_runs(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    decide(case, Refuse(reason="fee-not-paid"))
    ((kind, notice),) = letters(case, PORTAL)
    assert kind == Decided.type
    assert notice["reason"]["en"] == "The fee was not paid in time."
    assert notice["ledger_hash"] == posted(case)[-1].hash  # the applicant is a witness of the ledger
    later = next_run(case, runtime)
    decide(later, Refuse(reason="fee-not-paid"))
    assert posted(later) == []
    assert later.journal.decided


async def test_a_reason_that_is_not_in_the_service_item_decides_nothing(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    with pytest.raises(LookupError, match="'bad-mood' is none of its reason codes"):
        decide(case, Refuse(reason="bad-mood"))
    assert posted(case) == []


async def test_closing_stops_what_is_open_and_is_the_last_entry(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    open_request(case, REVIEW)
    close(case, Grant())
    assert [entry.kind for entry in posted(case)] == ["requested", "cancelled", "closed"]
    assert (posted(case)[-1].outcome, case.journal.waits) == ("granted", {})


async def test_whoever_was_asked_is_told_to_stop(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    open_request(case, REVIEW)
    open_applicant(case, "collect", "paid", working_days(1), lambda wait: None)
    case.stop_all("the applicant withdrew")
    assert letters(case, FIRE_SAFETY)[-1] == (
        Cancelled.type,
        {"request": "construction-permit.review-fire-safety", "reason": "the applicant withdrew"},
    )
    assert [entry.kind for entry in posted(case)].count("cancelled") == 2, (
        "what the applicant had to bring is no longer needed, too"
    )
    assert {outcome.how for outcome in case.journal.outcomes.values()} == {"stopped"}


# --- later runs ------------------------------------------------------------------------------------------


async def test_what_was_done_once_is_not_done_in_a_new_run(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    assert [case.once("mark", code=code) for code in ("a", "b")] == ["mark/1", "mark/2"]
    again = next_run(case, runtime)
    assert [again.once("mark", code=code) for code in ("a", "b", "c")] == [None, None, "mark/3"]


@pytest.mark.parametrize("course", ["done", "open", "ended"])
async def test_a_later_run_whose_code_says_something_else_fails_and_sends_nothing(
    runtime: VirtualRuntime, course: str
) -> None:
    """Its history no longer tells what the earlier run said, so the journal does."""

    def speak(case: Case, project: str) -> None:
        if course == "done":
            decide(case, Refuse(reason=project))
        else:
            check = CheckCompleteness(application=application(project=project))
            step = open_request(case, check)
            if course == "ended" and step in case.journal.waits:
                case.stop(step, "no longer needed")

    case = a_case(runtime)
    speak(case, "fee-not-paid")
    same, other = next_run(case, runtime), next_run(case, runtime)
    speak(same, "fee-not-paid")
    assert posted(same) == []
    with pytest.raises(WouldFork, match="an earlier run said something else"):
        speak(other, "review-refused")
    assert other.outbox.failed
    with pytest.raises(WouldFork):
        other.outbox.check()


# --- supplements -----------------------------------------------------------------------------------------


async def test_supplements_add_up(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, application=application(land_title=None, shelter_plan=None))
    for name in ("land_title", "shelter_plan"):
        case.journal.supplements = case.supplemented({name: document(name).model_dump(mode="json")})
    assert set(case.journal.supplements) == {"land_title", "shelter_plan"}


async def test_a_supplement_that_does_not_fit_changes_nothing(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    with pytest.raises(ValidationError):
        case.supplemented({"floor_area": "much"})
    assert case.journal.supplements == {}


async def test_a_salt_comes_from_the_secret_of_the_case_and_the_number_of_the_entry(
    runtime: VirtualRuntime,
) -> None:
    """Not from the run id, from which anybody could compute it after the data is erased."""

    def salts(case: Case) -> list[str]:
        for _ in range(2):
            case.record("marked", data={"text": "x"})
        return [entry.data.salt for entry in posted(case) if entry.data]

    first, again, other = (salts(a_case(runtime, secret=64 * digit)) for digit in "001")
    assert first == again
    assert len({*first, *other}) == 4
    assert all(len(bytes.fromhex(salt)) == 16 for salt in first)


async def test_the_secret_of_a_case_leaves_it_nowhere(runtime: VirtualRuntime) -> None:
    secret = 64 * "5"
    case = a_case(runtime, secret=secret)
    recorded = case.record("opened", data={"text": "x"})
    assert secret not in recorded.posting().model_dump_json()
    assert secret not in repr(case.opened)
