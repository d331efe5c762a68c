"""Courses that nobody wrote, with events at any time: one clock and one ledger, in one run and in many.

``SEED=17 pytest …`` runs one of them.
"""

from __future__ import annotations

import os
import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from contracts.clock import intervals
from contracts.platform import Outage
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered, ApplicantWithdrew, NoticeOfDefault, Paid, Received, Supplemented
from tests.unit.workflows.case.clocked import Carried
from tests.unit.workflows.case.courses import FEE, a_course, a_law
from tests.unit.workflows.case.running import START, SettledRuntime, delivered, nothing_left_running
from workflows.case import carrier

COURSES = 200
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(COURSES)
BLOCK = 20
CASE = CaseId("portal-01a20bc3-a4c4-7044-b136-000000000001")
GRACE = 0.4
"""Days that a consequence is held after an outage."""

EVENTS = 14
OPENING = ("requested", "referred", "asked-applicant", "fee-due", "rescheduled", "stage-begun")


class Life:
    """A case of a generated course, and everybody who has to do with it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"life/{seed}")
        legal = self.draw.random() < 0.5
        self.day = timedelta(days=1) if legal else timedelta(seconds=10)
        self.runtime = SettledRuntime()
        self.runtime.grace = GRACE * self.day
        self.pending: list[tuple[Message, str, str | None, datetime]] = []
        self.outages: list[Outage] = []
        self.numbers = 0
        drawn = random.Random(f"course/{seed}")
        self.item = a_law(drawn)
        self.course, self.story = a_course(drawn)
        self.calendar = "cn-2026.1" if legal else "compressed:10.0"
        self.legal = legal

    async def run(self) -> Carried:
        """From its opening to its end."""
        self.carried = Carried(self.runtime, self.item, self.course, case=CASE, **self.counts_by())
        await self.carried.goes_on()
        for number in range(EVENTS):
            if self.carried.carrying.done():
                break
            await self.before(number)
            await self.carried.goes_on(self.draw.choice([0.0, 0.3, 1.0, 1.7, 4.0]) * self.day)
            await self._something_happens()
        await self._back()
        for _ in range(30):
            if self.carried.carrying.done():
                break
            await self.carried.goes_on(60 * self.day)
        return self.carried

    def counts_by(self) -> dict[str, Any]:
        """The calendar that it begins with."""
        return {"calendar": self.calendar}

    async def before(self, number: int) -> None:
        """What is done before an event of this number; nothing."""

    async def _something_happens(self) -> None:
        waits = list(self.carried.case.journal.waits.values())
        what = self.draw.choices(
            ["answer", "receive", "again", "supplement", "pay", "default", "withdraw", "calendar", "outage"],
            [40, 4, 4, 14, 10, 8, 2, 5, 8],
        )[0]
        match what:
            case "answer" if asked := [wait for wait in waits if wait.agency is not None]:
                wait = self.draw.choice(asked)
                words = ["approved", "refused"] if "approve" in wait.step else ["yes", "no"]
                answer = Answered(answer={"outcome": self.draw.choice(words)})
                await self._say(answer, f"agency:{wait.agency}", wait.step)
            case "receive" if asked := [wait for wait in waits if wait.agency is not None]:
                await self._say(Received(), f"agency:{asked[0].agency}", asked[0].step)
            case "again":
                await self._say(Answered(answer={"outcome": "yes"}), "agency:planning", "clock-test.advise/1")
            case "supplement":
                await self._say(Supplemented(application={"text": f"more {self.numbers}"}), "channel:portal")
            case "pay":
                await self._say(Paid(amount=FEE, reference=f"bank-{self.numbers}"), "channel:portal")
            case "default":
                await self._say(NoticeOfDefault(), "channel:portal")
            case "withdraw":
                await self._say(ApplicantWithdrew(), "channel:portal")
            case "calendar" if self.legal:
                self.carried.case.inbox.calendars.append(self._calendar())
                await self.carried.goes_on()
            case "outage":
                await (self._away() if self.runtime.gateway_up else self._back())

    async def _say(self, message: Message, sender: str, step: str | None = None) -> None:
        self.pending.append((message, sender, step, self.runtime.time))
        if self.runtime.gateway_up:
            await self._deliver()

    async def _deliver(self) -> None:
        for message, sender, step, received in self.pending:
            self.numbers += 1
            self.carried.case.inbox.put(
                delivered(
                    message,
                    CASE,
                    Party(sender),
                    step=step,
                    received=received,
                    event_id=f"e{self.numbers}",
                )
            )
        self.pending = []
        await self.carried.goes_on()

    async def _away(self) -> None:
        self.runtime.gateway_up, self.began = False, self.runtime.time

    async def _back(self) -> None:
        if self.runtime.gateway_up:
            return
        if self.runtime.time > self.began:
            self.runtime.outage = Outage(began=self.began, ended=self.runtime.time)
            self.outages.append(self.runtime.outage)
        await self._deliver()
        self.runtime.gateway_up = True
        await self.carried.goes_on()

    def _calendar(self) -> CalendarDays:
        days = [date(2026, 3, 1) + timedelta(days=each) for each in range(600)]
        return CalendarDays(
            name=f"cn-2026.{self.draw.randint(2, 9)}",
            zone="Asia/Shanghai",
            first_year=2026,
            last_year=2027,
            source="made up for this test",
            holidays=tuple(day for day in days if day.weekday() < 5 and self.draw.random() < 0.1),
            worked_weekends=tuple(day for day in days if day.weekday() > 4 and self.draw.random() < 0.1),
        )


async def lived(seed: int, events_per_run: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Life, Carried]:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", events_per_run)
    async with nothing_left_running():
        life = Life(seed)
        return life, await life.run()


@pytest.mark.parametrize("block", range(0, len(SEEDS), BLOCK))
async def test_a_generated_course_has_one_clock_and_one_ledger(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in SEEDS[block : block + BLOCK]:
        life, carried = await lived(seed, 1000, monkeypatch)
        try:
            check(life, carried)
            _, again = await lived(seed, 1, monkeypatch)
            check(life, again)
            assert told(again.entries) == told(carried.entries), "a new run after every event: another ledger"
        except BaseException:
            print(f"SEED={seed}, {life.calendar}, {life.item.laws[0].late}\n{life.story}")
            print(*told(carried.entries), sep="\n")
            raise


def told(entries: list[LedgerEntry]) -> list[str]:
    """A ledger, line by line."""
    return [
        f"{each.sequence} {each.kind} {each.step} {each.outcome} due {each.due} at {each.received}"
        f" {each.holders} {each.clock.does if each.clock else ''} {each.hash}"
        for each in entries
    ]


def check(life: Life, carried: Carried) -> None:
    assert carried.carrying.done(), "it never ends"
    closing = carried.carrying.result()  # no task failed
    entries = carried.entries
    assert closing.entries == len(entries)
    assert entries[-1].kind == "closed"
    carried.check_ledger()
    check_end(carried)
    check_bindings(life, entries)
    check_intervals(carried)


def check_end(carried: Carried) -> None:
    """A decided case's clock stops, and stays."""
    clock = carried.case.clock
    assert (clock.stopped is None) == (clock.started is None)
    marks = [each.clock for each in carried.entries if each.clock is not None]
    assert "stop" not in [mark.does for mark in marks[:-1]] or clock.started is not None
    if clock.started is not None:
        assert clock.used(carried.runtime.time + timedelta(days=900)) == clock.used(clock.stopped)  # type: ignore[arg-type]
    decided = [each.sequence for each in carried.entries if each.kind == "decided"]
    assert len(decided) == 1
    after = carried.entries[decided[0] :]
    assert not [each for each in after if each.outcome in ("statutory", "promised")]


def check_bindings(life: Life, entries: list[LedgerEntry]) -> None:
    """Nothing binds before the end that was told last, while time stands still, or before the grace after an
    outage."""
    limits: dict[str, datetime | None] = {}
    statutory: datetime | None = None
    due: datetime | None = None
    held: datetime | None = None
    decides = life.item.laws[0].late.follows in ("grant", "refuse")
    for entry in entries:
        step = entry.step or ""
        if entry.clock is not None and entry.clock.does != "stop":
            statutory = entry.clock.due
            if statutory is not None and statutory != due:  # what is held stays so, unless the limit moves
                due, held = statutory, None
        if entry.kind in (
            "requested",
            "referred",
            "asked-applicant",
            "fee-due",
            "rescheduled",
            "stage-begun",
        ):
            limits[step] = entry.due
        ends: datetime | None = None
        if entry.kind == "held" and entry.step == "statutory" and entry.data and statutory:
            held = datetime.fromisoformat(entry.data.content.get("until", statutory.isoformat()))
        if entry.kind == "decided" and entry.clock is not None and statutory is not None and decides:
            deemed = bool(entry.data) and entry.data.content["decision"].get("deemed")
            end = max(held or statutory, statutory)
            in_time = entry.clock.at == end if deemed else entry.clock.at < end
            assert in_time or entry.outcome == "withdrawn", f"decided at {entry.clock.at}, {deemed}, {end}"
        if entry.kind in ("deemed", "lapsed", "referred"):
            ends = limits.get(step) if entry.kind != "referred" else None
            assert entry.kind == "referred" or ends is not None, (
                f"{step} was {entry.kind} while it stood still"
            )
        if entry.kind == "overdue" and entry.outcome == "statutory":
            ends = statutory
            assert ends is not None, "overdue while time stood still"
            assert entry.due is not None
            assert entry.due >= ends
        if ends is not None:
            assert entry.recorded >= ends, f"{entry.kind} {step} early"
            bound = entry.kind != "overdue" or decides
            for outage in life.outages[-1:] if bound else []:
                if outage.began <= ends <= outage.ended and entry.recorded >= outage.began:
                    assert entry.recorded >= outage.ended + life.runtime.grace, (
                        f"{entry.kind} {step} in the grace"
                    )


def check_intervals(carried: Carried) -> None:
    shown, clock = intervals(carried.entries, carried.runtime.time), carried.case.clock
    whole = sum(((each.ended or carried.runtime.time) - each.began for each in shown), timedelta(0))
    assert whole == carried.entries[-1].received - START
    if not any(each.clock and each.clock.interrupts for each in carried.entries):
        assert sum(each.counted for each in shown) == clock.used(carried.entries[-1].received)
