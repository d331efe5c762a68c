"""A traffic fine on the real server: the penalty on its day, money in instalments, appeals, collection."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.procedures.traffic_fine import (
    AppealedToPrefecture,
    CollectionOrdered,
    FineClosed,
    FineDismissed,
    FineNotified,
    FineSent,
)
from contracts.terms.decisions import Ended
from contracts.wire.ledger import Kind
from contracts.wire.messages import ApplicantWithdrew, CaseClosed, HandedOver, Paid, Refused, Reported, Taken
from contracts.wire.notices import FeeDue, RefusedNotice
from tests.applications import fine
from tests.cases.conftest import Cases, CaseUnderTest

ITALY = "it-2026.1"
ROME = ZoneInfo("Europe/Rome")
FINE = fine()


class Town:
    """Everybody who says something about a fine."""

    def __init__(self, case: CaseUnderTest) -> None:
        self.case = case
        self.told = 0

    async def report(self, agency: str, step: str, **content: Any) -> None:
        """Report a step and wait until it is entered."""
        await self._say(f"agency:{agency}", Reported.type, {"step": step, "content": content}, "reported")

    async def pay(self, amount: str) -> None:
        """Pay, and wait until it is entered."""
        data = {"amount": {"amount": amount, "currency": "EUR"}, "reference": f"bank-{uuid4()}"}
        await self._say("channel:portal", Paid.type, data, "paid")

    async def _say(self, party: str, event_type: str, data: dict[str, Any], kind: Kind) -> None:
        await self.case.send(party, event_type, data)
        self.told += 1
        await self.case.until(lambda: sum(k in ("reported", "paid") for k in self.case.kinds) == self.told)

    async def notified(self, day: date) -> None:
        """Sent and notified on a day, reported now."""
        await self.report("police", FineSent.step, expense={"amount": "13.00", "currency": "EUR"})
        await self.report("post", FineNotified.step, notified=day.isoformat())

    def marks(self) -> list[str | None]:
        return [entry.outcome for entry in self.case.entries if entry.kind == "marked"]


async def open_fine(cases: Cases, calendar: str | None = ITALY, **options: Any) -> Town:
    return Town(await cases.open("traffic-fine", FINE, calendar=calendar, **options))


def today() -> date:
    return datetime.now(ROME).date()


async def test_what_stays_unpaid_is_collected_with_the_penalty(cases: Cases) -> None:
    town = await open_fine(cases)
    await town.notified(today() - timedelta(days=60))
    await town.pay("10.00")
    await town.report("police", CollectionOrdered.step)
    assert (await town.case.result()).decision == Ended(result="collected")
    (kind, debt), (closed, _) = town.case.letters("agency.credit-collector.requests")
    assert (kind, debt["matter"], closed) == (HandedOver.type, "traffic-fine.collect-debt", CaseClosed.type)
    assert debt["content"] == {"fine": "F1", "debt": {"amount": "83.00", "currency": "EUR"}}
    assert town.marks() == []


@pytest.mark.parametrize("late", [0, 1, 30])
async def test_the_penalty_is_of_day_sixty_however_late_the_notification_is_reported(
    cases: Cases, late: int
) -> None:
    """Day 60 begins with it, at midnight in Rome: not so many hours after the report."""
    town = await open_fine(cases)
    day = today() - timedelta(days=60 + late)
    await town.notified(day)
    await town.case.until(lambda: "charged" in town.case.kinds)
    (penalty,) = (entry for entry in town.case.entries if entry.kind == "charged")
    began = penalty.occurred.astimezone(ROME)
    assert (began.date(), began.time()) == (day + timedelta(days=60), datetime.min.time())
    assert penalty.reason == "penalty"
    due = [data for kind, data in town.case.letters("channel.portal.notices") if kind == FeeDue.type]
    assert [data["amount"] for data in due] == [{"amount": "93.00", "currency": "EUR"}]


async def test_no_penalty_before_day_sixty(cases: Cases) -> None:
    town = await open_fine(cases)
    day = today() - timedelta(days=59)
    await town.notified(day)
    (due,) = (e.due.astimezone(ROME) for e in town.case.entries if e.kind == "waiting" and e.due)
    assert (due.date(), due.time()) == (day + timedelta(days=60), datetime.min.time())
    assert "charged" not in town.case.kinds


async def test_the_penalty_comes_by_itself_once_the_fence_is_passed(cases: Cases) -> None:
    town = await open_fine(cases, calendar=None, day_seconds=0.05)
    await town.notified(datetime.now(UTC).date())
    await town.case.until(lambda: "charged" in town.case.kinds)
    topics = cases.post.fences[-1].topics
    assert set(topics) >= {"agency.police.events", "agency.post.events", "channel.portal.events"}


async def test_a_fine_paid_in_instalments_is_settled_and_stays_open_for_what_the_law_still_does(
    cases: Cases,
) -> None:
    town = await open_fine(cases)
    await town.pay("15.00")
    await town.pay("25.00")
    assert town.marks() == ["settled"]
    await town.notified(today() - timedelta(days=60))
    await town.case.until(lambda: town.marks()[-1] == "penalty-although-paid")
    assert town.marks() == ["settled", "sent-although-paid", "penalty-although-paid"]
    assert not any(kind == FeeDue.type for kind, _ in town.case.letters("channel.portal.notices"))
    await town.report("police", FineClosed.step)
    assert (await town.case.result()).decision == Ended(result="paid")


async def test_an_appeal_that_is_won_dismisses_the_fine(cases: Cases) -> None:
    town = await open_fine(cases)
    await town.notified(today() - timedelta(days=61))
    await town.report("police", AppealedToPrefecture.step, filed=(today() - timedelta(days=1)).isoformat())
    await town.report("prefecture", FineDismissed.step, code="#")
    await town.report("police", FineClosed.step)
    assert (await town.case.result()).decision == Ended(result="dismissed")
    assert town.marks() == ["dismissed"]


async def test_a_late_appeal_is_taken_and_marked(cases: Cases) -> None:
    town = await open_fine(cases)
    await town.notified(today() - timedelta(days=61))
    await town.report("police", AppealedToPrefecture.step, filed=today().isoformat())
    await town.case.until(lambda: town.marks() == ["appeal-after-60-days"])


async def test_nobody_withdraws_a_fine(cases: Cases) -> None:
    town = await open_fine(cases)
    await town.case.send("channel:portal", ApplicantWithdrew.type, {})
    await town.case.until(lambda: "refused" in town.case.kinds)
    (refused,) = (d for kind, d in town.case.letters("channel.portal.notices") if kind == RefusedNotice.type)
    assert refused["reason"] == "not-withdrawable"
    await town.pay("40.00")
    assert town.marks() == ["settled"]


async def test_a_report_that_does_not_fit_is_refused_by_the_case_too(cases: Cases) -> None:
    """The gateway admits none; but its build may be another one than the case's."""
    town = await open_fine(cases)
    report = {"step": FineSent.step, "content": {"expense": "13"}}
    await town.case.send("agency:police", Reported.type, report)
    await town.case.until(lambda: "refused" in town.case.kinds)
    heard = town.case.letters("agency.police.requests")
    assert [(kind, data.get("field")) for kind, data in heard] == [(Refused.type, "data.content.expense")]
    await town.report("police", "a step without a type", anything=1)
    assert town.case.letters("agency.police.requests")[-1][0] == Taken.type
