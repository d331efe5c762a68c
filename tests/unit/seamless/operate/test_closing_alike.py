"""However a case ends, by an order that it takes or from outside: the same entries, the same letters.

``SEED=17 pytest …`` runs one of them.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import groupby

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import AgencyId
from contracts.terms.law import RequestTerms
from contracts.terms.limits import working_days
from contracts.terms.requests import Rung, deem, escalate, lapse, refer, remind
from contracts.terms.service_item import ServiceItem
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import CaseClosed, NoticeOfDefault, NotOurs, Refused, Reported
from contracts.wire.orders import ExtendOrdered, MoveOrdered, ResendOrdered
from seamless.operate.involved import involved
from tests.replay.replaying import batches_of, ledger_of, load, recorded_histories
from tests.unit.seamless.operate.test_closing import closing, ending, said
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HOUSING,
    LONGER,
    PENALTY,
    PORTAL,
    Carried,
    Course,
    Plea,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.ordering import ADVICE, advised, orders
from tests.unit.workflows.case.running import DAY, VirtualRuntime, checks, nothing_left_running
from tests.unit.workflows.case.test_generated_courses import EVENTS, Life
from workflows.case import Procedure

COURSES = 300
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(COURSES)
BLOCK = 30

ARCHIVE, POLICE = AgencyId("archive"), AgencyId("police")


class Given(HandOver, agency=ARCHIVE, basis="art. 30"):
    """Something for one agency."""


class Passed(HandOver, basis="art. 31"):
    """Something for the agency that it names."""

    to: AgencyId


LADDERS: tuple[tuple[Rung, ...] | None, ...] = (
    None,
    (remind(at=0.5), escalate(HOUSING, working_days(1)), escalate(HEAD, working_days(2)), deem("yes")),
    (escalate(HEAD, working_days(1)), refer(HEAD, working_days(3), "silent")),
    (lapse("silent"),),
)
"""What follows from the adviser's silence under the law of a case; None: what its request says itself."""


class Ended(Life):
    """A case that is ended at any moment, after whatever agencies and operators may have done."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        ladder = self.draw.choice(LADDERS)
        law = self.item.laws[0].model_copy(update={"requests": {"advise": RequestTerms(overdue=ladder)}})
        for matter in (Given, Passed):
            matter.bind(self.item.procedure)
        self.item = self.item.model_copy(update={"laws": (law,), "hand_overs": (Given, Passed)})
        self.course = self._handing_over(self.course)
        self.checks = checks(*self.draw.choice([(), (), (), (ADVISER,), (ADVISER, HOUSING)]))

    async def run(self) -> Carried:
        """From its opening to where it is ended; or to its own end, where that comes first."""
        self.carried = Carried(
            self.runtime,
            self.item,
            self.course,
            calendar=self.calendar,
            checks=self.checks,
            variant=self.draw.choice(["standard", "other"]),
        )
        await self.carried.goes_on()
        for number in range(self.draw.randint(0, EVENTS)):
            await self.carried.goes_on(self.draw.choice([0.0, 0.3, 1.0, 1.7, 4.0, 12.0]) * self.day)
            if not self.carried.carrying.done():
                await self._something_happens() if self.draw.random() < 0.7 else await self._more(
                    f"o{number}"
                )
        await self._back()
        await self.carried.goes_on(self.runtime.grace + timedelta(seconds=1))
        return self.carried

    async def _more(self, order: str) -> None:
        waits = [wait for wait in self.carried.case.journal.waits.values() if wait.agency is not None]
        match self.draw.choice(["disowns", "reports", "resend", "move", "extend"]):
            case "disowns" if waits:
                await self._say(NotOurs(reason="no"), f"agency:{waits[0].agency}", waits[0].step)
            case "reports":
                await self._say(Reported(step="looked"), f"agency:{self.draw.choice([HOUSING, POLICE])}")
            case "resend" if waits:
                await orders(self.carried, ResendOrdered, about=waits[0].step, event_id=order)
            case "move" if waits:
                to = self.draw.choice([HOUSING, HEAD])
                await orders(self.carried, MoveOrdered, about=waits[-1].step, agency=to, event_id=order)
            case "extend":
                said = {"basis": LONGER.basis, "limit": working_days(2), "approver": HEAD, "approval": "1"}
                await orders(self.carried, ExtendOrdered, event_id=order, **said)

    def _handing_over(self, course: Course) -> Course:
        matter = self.draw.choice([None, None, Given(), Passed(to=POLICE)])

        async def handing_over(author: Procedure[Plea]) -> Decision:
            if matter is not None:
                await author.hand_over(matter)
            return await course(author)

        return handing_over


async def check_end(carried: Carried, item: ServiceItem, by_checks: tuple[AgencyId, ...] = ()) -> None:
    """Ended now, a case says what is said from outside."""
    before, published = list(carried.entries), len(carried.runtime.batches)
    batch = closing(before, carried.runtime.time, item, by_checks)
    carried.case.inbox.cancellation = ending(carried.case.opened.case, carried.runtime.time)
    await carried.goes_on()
    assert carried.carrying.done()
    assert faults([*before, *(each.entry for each in batch.postings)]) == []
    assert said([batch]) == said(carried.runtime.batches[published:])


@pytest.mark.parametrize("block", range(0, len(SEEDS), BLOCK))
async def test_the_end_from_outside_is_the_one_that_the_case_would_have_had(block: int) -> None:
    compared = 0
    for seed in SEEDS[block : block + BLOCK]:
        async with nothing_left_running():
            life = Ended(seed)
            carried = await life.run()
            journal = carried.case.journal
            if carried.carrying.done() or journal.undecided or journal.published:
                continue  # nothing to end, or it knows of something that is not in its ledger
            compared += 1
            try:
                await check_end(carried, life.item, life.checks)
            except AssertionError:
                print(f"SEED={seed}\n{life.story}", *map(line, carried.entries), sep="\n")
                raise
    assert compared or len(SEEDS) == 1


def under(*ladder: Rung) -> ServiceItem:
    """A service item under whose law this follows from the adviser's silence."""
    return item(requests={"advise": RequestTerms(overdue=ladder)})


async def test_whoever_only_leads_or_is_escalated_to_is_told_that_the_case_is_closed(
    runtime: VirtualRuntime,
) -> None:
    ladder = (escalate(HEAD, working_days(2)), deem("yes"))
    carried = await begun(runtime, of := under(*ladder), advised)
    await carried.days(7, DAY)
    await check_end(carried, of)
    closed = [about for kind, about in carried.told("agency:environment") if "case-closed" in kind]
    assert [about["outcome"] for about in closed] == ["ended"]


async def test_the_lead_is_told_that_was_told_of_a_request_that_is_not_theirs(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, of := item(), advised)
    await carried.hears(NotOurs(reason="no"), "agency:planning", ADVICE)
    await check_end(carried, of)
    assert "request.case-closed.v1" in [kind for kind, _ in carried.told("agency:housing")]


async def test_a_request_that_is_moved_is_escalated_from_the_beginning(runtime: VirtualRuntime) -> None:
    ladder = (escalate(POLICE, working_days(3)), escalate(ARCHIVE, working_days(3)), deem("yes"))
    carried = await begun(runtime, of := under(*ladder), advised)
    await carried.days(7, DAY)
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    await carried.days(7, DAY)
    assert len(carried.of("escalated")) == 2
    await check_end(carried, of)
    assert not carried.told("agency:archive")


@pytest.mark.parametrize("days", [5, 10, 17, 20.5, 40, 75])
async def test_what_the_authority_owes_is_said(runtime: VirtualRuntime, days: float) -> None:
    day = timedelta(days=1)
    carried = await begun(runtime, of := item(PENALTY), inspected, calendar="cn-2026.1")
    await carried.days(20, day)
    await carried.hears(NoticeOfDefault(), PORTAL)
    for number, holiday in enumerate((date(2026, 3, 31), date(2026, 4, 8))):
        await carried.days(days / 2, day)
        carried.case.inbox.calendars.append(a_calendar(f"cn-2026.{number + 2}", holiday))
        await carried.goes_on()
    await check_end(carried, of)
    assert bool(carried.of("penalty-due")) == (days > 15)


def a_calendar(name: str, holiday: date) -> CalendarDays:
    return CalendarDays(
        name=name,
        zone="Asia/Shanghai",
        first_year=2026,
        last_year=2027,
        source="made up for this test",
        holidays=(holiday,),
    )


def line(entry: LedgerEntry) -> str:
    return f"{entry.sequence} {entry.kind} {entry.step} {entry.agency} by {entry.actor}"


def test_the_ledgers_of_recorded_cases_say_whom_they_told() -> None:
    cases = [(ledger_of(history)[0].case, history) for history in map(load, recorded_histories())]
    for case, runs in groupby(cases, key=lambda each: each[0]):
        histories = [history for _, history in runs]
        postings = [
            posting for history in histories for batch in batches_of(history) for posting in batch.postings
        ]
        entries: list[LedgerEntry] = [posting.entry for posting in postings]
        told = dict.fromkeys(
            letter.topic.split(".")[1]
            for posting in postings
            for letter in posting.letters
            if letter.topic.startswith("agency.") and letter.type not in (Refused.type, CaseClosed.type)
        )
        started = histories[0].events[0].workflow_execution_started_event_attributes
        opened = pydantic_data_converter.payload_converter.from_payloads(started.input.payloads, [dict])[0]
        item = CATALOGUE[entries[0].procedure]
        found = [
            each for each in involved(entries, item, item.law(entries[0].law)) if each not in opened["checks"]
        ]
        assert found == list(told), case
