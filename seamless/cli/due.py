"""Due times as people count them: the last day of the authority that counts, and what is left of it."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.text import Text

from archive.steps import Step
from contracts.procedures.catalogue import CATALOGUE
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
    last = days.last_day(step.due)
    told = line(last or f"{step.due.astimezone(UTC):%Y-%m-%d %H:%M:%S} (UTC)")
    if settings.virtual_time:  # the case lives by the time of a log, which is not known here
        return told
    unit = _unit_of(step.step, procedure, law)
    left = _counted(abs(days.left(now, step.due, unit)), unit) if last else ""
    if now >= step.due:
        return told + line(", ", ("overdue" + (left and f" for {left}"), "red"))
    return told + line(f", {left} left" if left else ", the last day" if last else "")


def _counted(days: int, unit: Unit) -> str:
    """So many days, in words; nothing for none."""
    kind = "working " if unit == "working-days" else ""
    return f"{days} {kind}{'day' if days == 1 else 'days'}" if days else ""


def _unit_of(step: str, procedure: str, law: str) -> Unit:
    item = CATALOGUE.get(procedure)
    if item is None:
        return "working-days"
    version = next((each for each in item.laws if each.id == law), item.laws[-1])
    request = REQUESTS.get(step.split("/")[0])
    return (version.terms(request).limit if request else version.promised).unit
