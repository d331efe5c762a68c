"""The environmental permit: how it may end, and its limits to the day, each with its article.

All days were counted by hand, on the Dutch calendar. An application is received on Monday, 3 August 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client

from contracts.procedures.environmental_permit import (
    Advice,
    AdviseOnSafety,
    AdviseOnWater,
    ApproveExtension,
    Assess,
    CheckCompleteness,
    Completeness,
    Intake,
    Ruling,
    SendDecision,
    TakeDecision,
    TakeIn,
)
from contracts.terms.decisions import Ended, Grant, Refuse, Withdrawn
from contracts.terms.identifiers import Party
from contracts.terms.requests import Approval, Issued
from contracts.terms.values import MissingItem, Money
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import NoticeOfDefault
from seamless.testing import CaseUnderTest, case_of
from tests.applications import document, dormer
from workflows.environmental_permit import EnvironmentalPermit

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PORTAL = Party.channel("portal")
RECEIVED = datetime(2026, 8, 3, 9, tzinfo=AMSTERDAM)
DAY = timedelta(days=1)
FEES = Money(amount=Decimal("3000.00"), currency="EUR")
"""3% of building costs of 100,000 euro."""
FULL_PENALTY = Money(amount=Decimal("1442.00"), currency="EUR")

SOIL = MissingItem(zh="土壤调查报告", en="Soil report", field="soil_report")
GRANT = Ruling(outcome="grant", conditions=("a hydrant within forty metres",))
NOTHING_AGAINST = Advice(outcome="no-objection")

Open = Callable[..., AbstractAsyncContextManager[CaseUnderTest]]


@pytest.fixture
def opened(temporal: Client) -> Open:
    """Opens a case that is received at a time."""

    def open_case(at: datetime = RECEIVED, **options: Any) -> AbstractAsyncContextManager[CaseUnderTest]:
        return case_of(EnvironmentalPermit, dormer(), temporal, calendar="nl-2026.1", opened=at, **options)

    return open_case


# --- what the parties do -----------------------------------------------------------------------------------


async def taken_in(case: CaseUnderTest) -> None:
    await case.answer(TakeIn, Intake(outcome="needed"))
    await case.asked(CheckCompleteness)


async def complete(case: CaseUnderTest, nth: int = 1) -> None:
    await case.answer(CheckCompleteness, Completeness(outcome="complete"), nth=nth)


async def incomplete(case: CaseUnderTest) -> None:
    await taken_in(case)
    await case.passes(4 * DAY)
    await case.answer(CheckCompleteness, Completeness(outcome="incomplete", missing=(SOIL,)))
    await case.until(lambda: "asked-applicant" in case.kinds)


async def advised(case: CaseUnderTest) -> None:
    await case.answer(AdviseOnSafety, NOTHING_AGAINST)
    await case.answer(AdviseOnWater, NOTHING_AGAINST)


async def drafted(case: CaseUnderTest) -> None:
    """All is well; whether it is granted is the municipality's to say."""
    for step in (taken_in, complete, advised):
        await step(case)
    await case.answer(Assess, GRANT)
    await case.asked(TakeDecision)


async def sent_and_paid(case: CaseUnderTest) -> None:
    await case.answer(SendDecision, Issued(outcome="issued", document=document("decision")))
    await case.until(lambda: "fee-due" in case.kinds)
    await case.pay(FEES)


async def passes_to(case: CaseUnderTest, at: datetime) -> None:
    await case.passes(at - case.now)


# --- what it says -------------------------------------------------------------------------------------------


def the(case: CaseUnderTest, kind: str) -> LedgerEntry:
    """The only entry of a kind."""
    [entry] = [each for each in case.entries if each.kind == kind]
    return entry


def last_day(end: datetime | None) -> str:
    """The last day of a limit, which ends with it, at midnight in Amsterdam."""
    midnight = (end or RECEIVED).astimezone(AMSTERDAM)
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    return f"{midnight - timedelta(hours=1):%Y-%m-%d}"


def notices(case: CaseUnderTest, kind: str) -> list[dict[str, Any]]:
    return [content for said, content in case.letters(PORTAL) if kind in said]


# --- how it may end -----------------------------------------------------------------------------------------


async def test_granted_under_the_conditions_of_the_decision_sent_and_paid(opened: Open) -> None:
    async with opened() as case:
        await drafted(case)
        await case.answer(TakeDecision, GRANT)
        await sent_and_paid(case)
        assert (await case.closing()).decision == Grant(conditions=GRANT.conditions)
        assert faults(case.entries) == []
        stages = [entry.outcome for entry in case.entries if entry.kind == "stage-begun"]
        assert stages == ["intake", "completeness", "substance", "decision", "delivery"]
        assert notices(case, "notice.issued")
        assert "marked" not in case.kinds


async def test_the_advice_of_other_bodies_goes_into_the_draft_and_the_draft_into_the_decision(
    opened: Open,
) -> None:
    async with opened() as case:
        await taken_in(case)
        await complete(case)
        await case.answer(AdviseOnSafety, Advice(outcome="conditions", conditions=("sprinklers",)))
        await case.answer(AdviseOnWater, Advice(outcome="object", reason="water-at-risk"))
        asked = await case.asked(Assess)
        assert [each["outcome"] for each in asked["advice"]] == ["conditions", "object"]
        refusal = Ruling(outcome="refuse", reason="water-at-risk")
        await case.answer(Assess, refusal)
        assert (await case.asked(TakeDecision))["draft"]["reason"] == "water-at-risk"
        await case.answer(TakeDecision, refusal)
        await sent_and_paid(case)
        assert (await case.closing()).decision == Refuse(reason="water-at-risk")
        [told] = notices(case, "notice.decided")
        assert told["reason"]["basis"] == "Omgevingswet art. 5.24(1)"


async def test_not_needed(opened: Open) -> None:
    async with opened() as case:
        await case.answer(TakeIn, Intake(outcome="not-needed"))
        assert (await case.closing()).decision == Ended(result="not-needed")
        assert "fee-due" not in case.kinds


async def test_inadmissible_when_what_was_missing_does_not_come(opened: Open) -> None:
    """Awb art. 4:5(1); the limit ran on from then (art. 4:15(1)(a)): four weeks after Friday, 7 August."""
    async with opened() as case:
        await incomplete(case)
        assert last_day(the(case, "asked-applicant").due) == "2026-09-04"
        await passes_to(case, datetime(2026, 9, 5, 9, tzinfo=AMSTERDAM))
        assert (await case.closing()).decision == Ended(result="inadmissible")
        assert case.kinds[-4:] == ["lapsed", "resumed", "decided", "closed"]
        assert "accepted" not in case.kinds


async def test_withdrawn_while_others_advise(opened: Open) -> None:
    async with opened() as case:
        await taken_in(case)
        await complete(case)
        await case.asked(AdviseOnWater)
        await case.withdraw()
        assert (await case.closing()).decision == Withdrawn()
        assert case.kinds.count("cancelled") == 2


async def test_fees_that_are_not_paid_are_marked_and_the_decision_stands(opened: Open) -> None:
    async with opened() as case:
        await drafted(case)
        await case.answer(TakeDecision, GRANT)
        await case.answer(SendDecision, Issued(outcome="issued", document=document("decision")))
        await case.until(lambda: "fee-due" in case.kinds)
        await case.passes(43 * DAY)
        assert (await case.closing()).decision == Grant(conditions=GRANT.conditions)
        assert the(case, "marked").outcome == "fees-unpaid"


async def test_by_the_law_until_2023_silence_grants_and_that_is_made_known(opened: Open) -> None:
    """Wabo art. 3.9(3), Awb art. 4:20b(1), 4:20c: eight weeks from Monday, 2 October 2023."""
    async with opened(datetime(2023, 10, 2, 9, tzinfo=AMSTERDAM), law="wabo-2010") as case:
        await drafted(case)
        assert last_day(case.entries[0].due) == "2023-11-27"
        await passes_to(case, datetime(2023, 11, 27, 12, tzinfo=AMSTERDAM))
        assert "decided" not in case.kinds
        await case.send(NoticeOfDefault(), PORTAL)
        await case.until(lambda: "refused" in case.kinds)
        assert the(case, "refused").reason == "no-penalty"
        await passes_to(case, datetime(2023, 11, 28, 12, tzinfo=AMSTERDAM))
        await case.asked(SendDecision)
        decided = the(case, "decided")
        assert decided.clock is not None
        assert last_day(decided.clock.at) == "2023-11-27", "decided when the limit ended"
        await sent_and_paid(case)
        assert (await case.closing()).decision == Grant(deemed=True)


# --- its limits ---------------------------------------------------------------------------------------------


async def test_the_limits_run_from_receipt(opened: Open) -> None:
    """Omgevingswet art. 16.64(1): eight weeks; promised are six."""
    async with opened() as case:
        await case.asked(TakeIn)
        clock = case.entries[0].clock
        assert clock is not None
        assert (last_day(clock.due), last_day(clock.promised_due)) == ("2026-09-28", "2026-09-14")


async def test_the_limit_stands_still_from_the_day_after_the_invitation_to_the_supplement(
    opened: Open,
) -> None:
    """Awb art. 4:15(1)(a): invited on Friday, 7 August, supplemented on Monday the 24th. Sixteen days, 8 to
    23 August: from 28 September to 14 October."""
    async with opened() as case:
        await incomplete(case)
        suspended = the(case, "suspended")
        assert (suspended.basis, suspended.due) == ("Awb art. 4:15(1)(a)", None)
        assert suspended.actor == "agency:environmental-service"
        await case.passes(17 * DAY)
        await case.supplement(soil_report=document("soil").model_dump(mode="json"))
        await complete(case, nth=2)
        await case.asked(AdviseOnWater)
        resumed = the(case, "resumed")
        assert resumed.clock
        assert last_day(resumed.due) == "2026-10-14"
        assert last_day(resumed.clock.promised_due) == "2026-09-30"


@pytest.mark.parametrize("approval", ["approved", "refused"])
async def test_who_advises_gets_more_time_if_the_mayor_and_aldermen_extend_the_limit(
    opened: Open, approval: Any
) -> None:
    """Omgevingswet art. 16.64(2): six weeks more, from 28 September to 9 November."""
    async with opened() as case:
        await taken_in(case)
        await complete(case)
        await case.answer(AdviseOnSafety, NOTHING_AGAINST)
        await case.answer(AdviseOnWater, Advice(outcome="more-time"))
        await case.passes(DAY)
        await case.answer(ApproveExtension, Approval(outcome=approval))
        if approval == "approved":
            await case.answer(AdviseOnWater, Advice(outcome="conditions", conditions=("a drain",)), nth=2)
            extended = the(case, "extended")
            assert last_day(extended.due) == "2026-11-09"
            assert last_day(extended.due_before) == "2026-09-28"
            assert extended.basis == "Omgevingswet art. 16.64(2)"
            assert extended.actor == "agency:mayor-and-aldermen"
        draft_asked = await case.asked(Assess)
        said = [each["outcome"] for each in draft_asked["advice"]]
        assert said == ["no-objection", "conditions" if approval == "approved" else "more-time"]
        asked = [
            each.step for each in case.entries if each.kind == "requested" and each.agency == "fire-brigade"
        ]
        assert len(asked) == 1, "who has advised is not asked again"


async def test_a_limit_that_would_end_on_christmas_ends_with_the_next_day_that_is_none(opened: Open) -> None:
    """Algemene termijnenwet art. 1, 3: eight weeks from 30 October are Friday, 25 December; then come the
    second day of Christmas and a Sunday."""
    async with opened(datetime(2026, 10, 30, 9, tzinfo=AMSTERDAM)) as case:
        await case.asked(TakeIn)
        assert last_day(case.entries[0].due) == "2026-12-28"


async def test_whoever_stays_silent_every_limit_is_told_before_it_ends_and_once_it_has(opened: Open) -> None:
    """Nobody answers anything. Intake: Wednesday, 5 August, taken in by silence two working days later.
    Completeness: four working days after Friday the 7th; complete by silence two working days later, on
    Monday the 17th. Substance: three weeks from Tuesday the 18th to 8 September; without advice on
    1 September, without a draft on the 9th. Decision: two working days after Thursday, 10 September. Promised
    are six weeks, the law gives eight. Delivery: three working days from the decision on 29 September."""
    async with opened() as case:
        await case.asked(TakeIn)
        await passes_to(case, datetime(2026, 9, 29, 12, tzinfo=AMSTERDAM))
        await case.answer(TakeDecision, GRANT)
        await case.asked(SendDecision)
        await passes_to(case, datetime(2026, 10, 3, 12, tzinfo=AMSTERDAM))
        await sent_and_paid(case)
        await case.closing()
        said = [
            (each.kind, each.outcome, f"{each.recorded.astimezone(AMSTERDAM):%m-%d}")
            for each in case.entries
            if each.kind in ("warned", "overdue")
        ]
        assert said == [
            ("warned", "intake", "08-05"),
            ("overdue", "intake", "08-06"),
            ("warned", "completeness", "08-13"),
            ("overdue", "completeness", "08-14"),
            ("warned", "substance", "09-04"),
            ("warned", "promised", "09-08"),  # thirty-three days end on a Saturday
            ("overdue", "substance", "09-09"),
            ("warned", "decision", "09-12"),
            ("overdue", "promised", "09-15"),
            ("overdue", "decision", "09-15"),
            ("warned", "statutory", "09-17"),
            ("overdue", "statutory", "09-29"),
            ("warned", "delivery", "10-02"),
            ("overdue", "delivery", "10-03"),
        ]
        told = [
            ("overdue" if content["overdue"] else "warned", content["limit"])
            for kind, content in case.letters("agency:municipality")
            if "case-due" in kind
        ]
        assert told == [(kind, limit) for kind, limit, _ in said], "the lead agency hears of each"
        [late] = notices(case, "notice.overdue")
        assert (late["follows"], late["basis"]) == ("penalty", "Awb art. 4:17")
        assert "penalty-due" not in case.kinds, "nobody gave notice of default"


# --- the penalty payment ------------------------------------------------------------------------------------


async def in_default(case: CaseUnderTest) -> None:
    """Not decided by Monday, 28 September; the applicant gives notice of default on Sunday, 4 October."""
    await drafted(case)
    await passes_to(case, datetime(2026, 10, 4, 12, tzinfo=AMSTERDAM))
    await case.send(NoticeOfDefault(), PORTAL)
    await case.until(lambda: "default-noticed" in case.kinds)


async def test_the_penalty_payment_grows_for_forty_two_days_to_1442_euro(opened: Open) -> None:
    """Awb art. 4:17(1) to (3), with the amounts since 2019. Two weeks from 4 October end on Sunday the 18th,
    which the termijnenwet does not move; the first day is the 19th, the last Sunday, 29 November. The
    decision is still due."""
    async with opened() as case:
        await in_default(case)
        assert last_day(the(case, "default-noticed").due) == "2026-10-18"
        await passes_to(case, datetime(2026, 11, 29, 23, tzinfo=AMSTERDAM))
        begun = the(case, "penalty-begun")
        assert (last_day(begun.occurred), last_day(begun.due)) == ("2026-10-18", "2026-11-29")
        assert "penalty-due" not in case.kinds
        await case.passes(timedelta(hours=2))
        owed = the(case, "penalty-due")
        assert (owed.penalty, owed.basis) == (FULL_PENALTY, "Awb art. 4:17")
        [told] = notices(case, "penalty-due")
        assert (told["amount"]["amount"], told["days"]) == ("1442.00", 42)
        await case.answer(TakeDecision, GRANT, nth=2)
        await sent_and_paid(case)
        assert (await case.closing()).decision == Grant(conditions=GRANT.conditions)
        assert case.kinds.count("penalty-due") == 1
        assert faults(case.entries) == []


async def test_a_decision_on_an_earlier_day_ends_the_penalty_payment(opened: Open) -> None:
    """Awb art. 4:17(2): decided on Thursday, 5 November. Seventeen days are over, 19 October to 4 November:
    14 at 23 euro and 3 at 35 euro."""
    async with opened() as case:
        await in_default(case)
        await passes_to(case, datetime(2026, 11, 5, 15, tzinfo=AMSTERDAM))
        await case.answer(TakeDecision, GRANT, nth=2)
        await case.asked(SendDecision)
        assert the(case, "penalty-due").penalty == Money(amount=Decimal("427.00"), currency="EUR")
        [told] = notices(case, "penalty-due")
        assert (told["amount"]["amount"], told["days"]) == ("427.00", 17)


async def test_a_decision_within_two_weeks_of_notice_of_default_costs_nothing(opened: Open) -> None:
    """Awb art. 4:17(3): on Sunday, 18 October, the last day."""
    async with opened() as case:
        await in_default(case)
        await passes_to(case, datetime(2026, 10, 18, 23, tzinfo=AMSTERDAM))
        await case.answer(TakeDecision, GRANT)
        await case.asked(SendDecision)
        assert "penalty-due" not in case.kinds


async def test_notice_of_default_before_the_limit_is_over_is_refused(opened: Open) -> None:
    """Awb art. 4:17(3): the limit has to have passed, so not on its last day."""
    async with opened() as case:
        await passes_to(case, datetime(2026, 9, 28, 23, tzinfo=AMSTERDAM))
        await case.send(NoticeOfDefault(), PORTAL)
        await case.until(lambda: "refused" in case.kinds)
        assert the(case, "refused").reason == "not-overdue"
