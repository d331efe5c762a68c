"""Due times as people count them: the last day of the authority that counts, and what is left of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rich.text import Text

from archive.steps import Step
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.calendar import Calendar
from contracts.terms.limits import Unit
from contracts.terms.requests import REQUESTS
from seamless.cli.console import line
from workers.process.settings import Settings


def due_of(step: Step, procedure: str, law: str, settings: Settings, now: datetime) -> Text:
    """When a step is due, as ``2026-03-16 (Asia/Shanghai), 3 working days left``.

    The calendar is the administration's. An instant at which none of its limits ends, as where the case
    counts with another calendar, is told as it is, in UTC.

    Args:
        procedure, law: the case's; they say what kind of days a step counts.
        now: what is left is counted from.
    """
    if step.due is None:
        return line("not known")
    days = settings.legal_calendar
    told = line(last_day(days, step.due))
    if settings.virtual_time:  # the case lives by the time of a log, which is not known here
        return told
    unit = _unit_of(step.step, procedure, law)
    left = counted(left_of(days, step.due, unit, now), unit)
    if now >= step.due:
        return told + line(", ", ("overdue" + (left and f" for {left}"), "red"))
    return told + line(f", {left} left" if left else ", the last day" if days.last_day(step.due) else "")


def last_day(days: Calendar, due: datetime) -> str:
    """The last day of a limit that ends at ``due``, with its zone; the instant in UTC where it ends with
    none."""
    return days.last_day(due) or f"{due.astimezone(UTC):%Y-%m-%d %H:%M:%S} (UTC)"


def left_of(days: Calendar, due: datetime, unit: Unit, now: datetime) -> int:
    """How many days of ``unit``, or hours, lie between ``now`` and the end of a limit, before or after it;
    none where it ends with no day of the calendar."""
    if unit == "hours":
        return int(abs(due - now) / timedelta(hours=1))
    return abs(days.left(now, due, unit)) if days.last_day(due) else 0


def counted(count: int, unit: Unit) -> str:
    """So much of a limit of this unit, in words: working days, hours, or days, of weeks and months, too;
    nothing for none."""
    word = {"working-days": "working day", "hours": "hour"}.get(unit, "day")
    return f"{count} {word}{'' if count == 1 else 's'}" if count else ""


def _unit_of(step: str, procedure: str, law: str) -> Unit:
    item = CATALOGUE.get(procedure)
    if item is None:
        return "working-days"
    version = item.law_or_newest(law)
    request = REQUESTS.get(step.split("/")[0])
    return (version.terms(request).limit if request else version.promised).unit
