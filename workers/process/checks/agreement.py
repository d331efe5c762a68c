"""Checks of the settings against the code: whom the procedures need, and which laws are in force today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from activities.checks import CHECKS as AUTOMATED
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import calendar_days
from contracts.terms.reports import REPORTS
from contracts.terms.requests import REQUESTS, Escalate, Refer
from contracts.terms.service_item import ServiceItem
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.servers import Servers


async def directory(servers: Servers) -> Finding:
    """Every agency that a procedure needs is in the directory: a case that asks another one waits for ever.
    Whoever takes part by an automated check has one."""
    settings = servers.settings
    if settings.virtual_time:
        return well("nothing: a replay brings the parties of its log")
    file = settings.directory_file or "the demonstration's"
    known = {agency.id for agency in settings.directory.agencies}
    compared = (
        f"{len(known)} agencies of the directory ({file}) with those that {len(CATALOGUE)} procedures need"
    )
    needed = _by_agency(_needs())
    missing = [f"{agency} ({', '.join(needed[agency])})" for agency in needed if agency not in known]
    if missing:
        return wrong(
            f"{compared}: it lacks {'; '.join(missing)}",
            "add them to the file of SEAMLESS_DIRECTORY, and make their topics with: seamless topics apply",
        )
    if unserved := [agency for agency in settings.directory.checks() if agency not in AUTOMATED]:
        return wrong(
            f"{compared}: {', '.join(unserved)} would take part by an automated check and there is none",
            'set participation = "system" for them in the file of SEAMLESS_DIRECTORY',
        )
    why_not = _by_agency(_need_a_system())
    checks = [each for each in settings.directory.checks() if each in why_not]
    if told := [f"{each} ({', '.join(why_not[each])})" for each in checks]:
        return wrong(
            f"{compared}: {'; '.join(told)} would take part by an automated check, which cannot do that",
            'set participation = "system" for them in the file of SEAMLESS_DIRECTORY',
        )
    return well(compared)


def _by_agency(reasons: Iterable[tuple[AgencyId, str]]) -> dict[AgencyId, list[str]]:
    """The reasons for each agency, each once."""
    found: dict[AgencyId, list[str]] = {}
    for agency, why in dict.fromkeys(reasons):
        found.setdefault(agency, []).append(why)
    return found


def _need_a_system() -> Iterator[tuple[AgencyId, str]]:
    """The agencies that do what no automated check can, each with what that is."""
    for item in CATALOGUE.values():
        yield from ((each.agency, f"is handed {each.name}") for each in item.hand_overs if each.agency)
    for request in REQUESTS.values():
        if request.by_person:
            yield request.agency, f"answers {request.name} by a person"
        for terms in request.versions:
            for rung in terms.overdue:
                if isinstance(rung, Escalate):
                    yield rung.to, f"hears of overdue {request.name}"
                elif isinstance(rung, Refer):
                    yield rung.to, f"answers {request.name} where another is silent"


def _needs() -> Iterator[tuple[AgencyId, str]]:
    """The agencies that the procedures need, each with what for."""
    for item in CATALOGUE.values():
        yield item.lead, f"leads {item.procedure}"
        yield from ((agency, f"reports in {item.procedure}") for agency in item.reporters or ())
        yield from ((each.agency, f"is handed {each.name}") for each in item.hand_overs if each.agency)
    for request in REQUESTS.values():
        yield from ((agency, f"answers {request.name}") for agency in request.answerers())
        yield from ((agency, f"stands in for who answers {request.name}") for agency in request.stand_ins)
        for terms in request.versions:
            for rung in terms.overdue:
                if isinstance(rung, Escalate):
                    yield rung.to, f"hears of overdue {request.name}"
    for report in REPORTS.values():
        yield from ((agency, f"reports {report.step!r}") for agency in report.by)


async def clock_and_calendar(servers: Servers) -> Finding:
    """The clock of this machine and the calendar agree with the catalogue: on a day on which no law is in
    force, every application is refused as of an unknown procedure."""
    today, compared = _today(servers)
    if servers.settings.virtual_time or any(_in_force(item, today) for item in CATALOGUE.values()):
        return well(compared)
    return wrong(
        f"{compared}: none is in force",
        "set the clock of this machine, or SEAMLESS_CALENDAR to that of the authority",
    )


async def laws(servers: Servers) -> Finding:
    """Every procedure has a law in force today, and the holidays of today's year are published."""
    today, compared = _today(servers)
    if expired := [item.procedure for item in CATALOGUE.values() if not _in_force(item, today)]:
        return wrong(
            f"{compared}: none is in force for {', '.join(expired)}, whose applications are refused",
            "add the law version to its service item in the catalogue",
        )
    if servers.settings.legal_calendar.due(datetime.now(UTC), calendar_days(1)).provisional:
        return wrong(
            f"{compared}; the calendar's last published year is over, and every due date is provisional",
            "publish a newer calendar (seamless calendar publish), and set SEAMLESS_CALENDAR to it",
        )
    return well(compared)


def _today(servers: Servers) -> tuple[date, str]:
    """The legal day, and what it is compared with."""
    name = servers.settings.calendar
    today = servers.settings.legal_calendar.day(datetime.now(UTC))
    return today, f"{today}, by the calendar {name}, with the laws of {len(CATALOGUE)} procedures"


def _in_force(item: ServiceItem, day: date) -> bool:
    try:
        item.law_on(day)
    except LookupError:
        return False
    return True
