"""A case that got a calendar on its way and one that began with it: what is due is due at the same time.

Of each generated course there are two cases, to which the same happens. One begins with the old days and gets
the new ones after some events; the other has the new ones from the beginning on. Unless something took effect
in the meantime in one of them and not in the other, they are the same case from then on.
"""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.wire.ledger import LedgerEntry
from tests.unit.workflows.case.running import nothing_left_running
from tests.unit.workflows.case.test_generated_courses import Life
from workflows.case import carrier

COURSES = 120
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(COURSES)
BLOCK = 40
OLD = "cn-2026.1"
OF_THE_COUNT = {"calendar", "rescheduled"}
"""What the case that got the calendar says about it, and the other one does not."""


def new_days(draw: random.Random, name: str) -> CalendarDays:
    """The old days, with some changed: from a day on, which may be past when they are published."""
    old = calendar(OLD)
    assert isinstance(old, LegalCalendar)
    first = date(2026, 3, 2) + timedelta(days=draw.choice([0, 3, 6, 12]))
    changed = {first + timedelta(days=each) for each in range(300) if draw.random() < 0.15}
    return old.days.model_copy(
        update={
            "name": name,
            "last_year": 2027,
            "source": "made up for this test",
            "holidays": tuple(sorted({*old.days.holidays, *(d for d in changed if d.weekday() < 5)})),
            "worked_weekends": tuple(
                sorted({*old.days.worked_weekends, *(d for d in changed if d.weekday() > 4)})
            ),
        }
    )


class Counted(Life):
    """A case that gets a calendar after ``after`` events; or that has it from the beginning on.

    Attributes:
        due: when everything that is open is due, once the calendar has come.
        said: what the case had done by then.
        waits: the calendar has to wait for the fence of an end that was over before it.
    """

    def __init__(self, seed: int, *, meanwhile: bool) -> None:
        super().__init__(seed)
        drawn = random.Random(f"days/{seed}")
        self.days = new_days(drawn, "cn-2027.1")
        self.after = drawn.randint(0, 8)
        self.meanwhile = meanwhile
        self.legal, self.day = False, timedelta(days=1)  # no other calendar comes
        self.runtime.grace = 0.4 * self.day
        self.due: dict[str, Any] = {}
        self.said: list[tuple[Any, ...]] = []
        self.waits = False

    def counts_by(self) -> dict[str, Any]:
        return {"calendar": OLD} if self.meanwhile else {"calendar": self.days.name, "days": self.days}

    async def before(self, number: int) -> None:
        if number == self.after:
            await self._counts_anew()

    async def _counts_anew(self) -> None:
        self.said = [told(each) for each in self.carried.entries]
        if self.meanwhile:
            self.carried.case.inbox.calendars.append(self.days)
            await self.carried.goes_on()
        journal, clock = self.carried.case.journal, self.carried.case.clock
        self.waits = bool(journal.published)
        self.due = {
            each.step: "stands still"
            if each.stands_still
            else (each.due, each.provisional, [rung.at for rung in each.rungs], each.passed)
            for each in journal.every_deadline()
        }
        self.due["clock"] = (clock.due, clock.promised_due)
        self.due["default"] = journal.default


def told(entry: LedgerEntry) -> tuple[Any, ...]:
    """What happened and when, without the number that it has, and without when anything is due."""
    what = (entry.kind, entry.step, entry.outcome, entry.reason, entry.holders, entry.penalty)
    return (*what, entry.occurred, entry.received, entry.recorded)


def at_the_end(entries: list[LedgerEntry]) -> list[tuple[Any, ...]]:
    return [told(each) for each in entries if each.kind not in OF_THE_COUNT]


async def lived(seed: int, events_per_run: int, monkeypatch: pytest.MonkeyPatch, **how: bool) -> Counted:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", events_per_run)
    async with nothing_left_running():
        life = Counted(seed, **how)
        await life.run()
    life.carried.check_ledger()
    return life


@pytest.mark.parametrize("block", range(0, len(SEEDS), BLOCK))
async def test_a_case_that_gets_a_calendar_is_due_as_one_that_began_with_it(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = moved = 0
    for seed in SEEDS[block : block + BLOCK]:
        later = await lived(seed, 1000, monkeypatch, meanwhile=True)
        again = await lived(seed, 1, monkeypatch, meanwhile=True)
        assert at_the_end(again.carried.entries) == at_the_end(later.carried.entries), f"SEED={seed}"
        assert again.due == later.due, f"SEED={seed}, a new run after every event"
        first = await lived(seed, 1000, monkeypatch, meanwhile=False)
        if not later.due or later.waits or later.said != first.said:
            continue  # something took effect by the old days, or did not
        alike += 1
        moved += any(each.kind == "rescheduled" for each in later.carried.entries)
        assert later.due == first.due, f"SEED={seed}\n{later.story}"
        if not any(each.kind == "held" for each in later.carried.entries):
            ends = at_the_end(later.carried.entries), at_the_end(first.carried.entries)
            assert ends[0] == ends[1], f"SEED={seed}\n{later.story}"
    if len(SEEDS) > 1:
        assert alike > BLOCK / 3
        assert moved > BLOCK / 8
