"""Cases to which a calendar is published, for the tests of counting again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision, Grant
from contracts.terms.fees import Bill, Fee, FeeLine, FeeSchedule
from contracts.terms.values import Bilingual, Money
from tests.unit.workflows.case.clocked import (
    Advise,
    Carried,
    Plea,
    begun,
    item,
)
from tests.unit.workflows.case.running import VirtualRuntime
from workflows.case import Procedure

OLD = cast(LegalCalendar, calendar("cn-2026.1")).days
DAY = timedelta(days=1)
Course = Callable[[Procedure[Plea]], Coroutine[Any, Any, Decision]]
FEE = Money(amount=Decimal("12.00"), currency="EUR")
BILL = Bill(currency=FEE.currency, lines=(FeeLine(code="fee", amount=FEE),))
FEES = FeeSchedule(
    currency="EUR", lines=(Fee(code="fee", name=Bilingual(zh="费", en="Fee"), basis="art. 11", amount=FEE),)
)


def end_of(day: int, month: int = 3) -> datetime:
    """The end of a day of 2026 in Beijing; the case begins on Monday, 2 March."""
    return datetime(2026, month, day, 16, tzinfo=UTC)


def days(
    *holidays: str, worked: tuple[str, ...] = (), name: str = "cn-2026.2", last_year: int = 2026
) -> CalendarDays:
    """The published days, with some more holidays, and weekends that are worked."""
    off = {*OLD.holidays, *map(date.fromisoformat, holidays)}
    on = {*OLD.worked_weekends, *map(date.fromisoformat, worked)}
    changes = {"holidays": tuple(sorted(off)), "worked_weekends": tuple(sorted(on)), "last_year": last_year}
    return OLD.model_copy(update={"name": name, "source": "made up for this test"} | changes)


async def a_case(runtime: VirtualRuntime, course: Course, of: Any = None, **changes: Any) -> Carried:
    return await begun(runtime, of or item(), course, calendar=OLD.name, **changes)


async def publish(carried: Carried, published: CalendarDays) -> None:
    carried.case.inbox.calendars.append(published)
    await carried.goes_on()


def moved(carried: Carried, name: str) -> list[tuple[datetime | None, datetime | None, str | None]]:
    """From when to when a step, or a limit of that name, was moved, and why."""
    found = [each for each in carried.of("rescheduled") if name in (each.step, each.outcome)]
    assert all(each.due is None or each.due == each.due_before or not each.data for each in found)
    return [(each.due_before, each.due, each.basis) for each in found]


def told(carried: Carried, reader: str, kind: str) -> list[dict[str, Any]]:
    return [said for type_, said in carried.told(reader) if type_ == kind + ".v1"]


def instant(said: dict[str, Any], field: str = "due") -> datetime:
    return datetime.fromisoformat(said[field])


async def asking(author: Procedure[Plea]) -> Decision:
    await author.accept()
    await author.ask(Advise())
    return await author.decide(Grant())
