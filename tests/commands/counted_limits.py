"""The limits of the permit log, counted straight from its rows: nothing of the platform is used here.

The holidays, too, are worked out again, from the Algemene termijnenwet, art. 3(1) and (2).
"""

from __future__ import annotations

import csv
import gzip
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EIGHT_WEEKS, SIX_WEEKS = 56, 42


class Permit(NamedTuple):
    """What the rows of a case say about its limit.

    Attributes:
        started, deadline, ended: as the log has them; ``ended`` is None where it has no end.
        last: the latest time that the log has of the case.
    """

    started: datetime
    deadline: datetime
    ended: datetime | None
    last: datetime


def permits(log: Path, limit: int | None = None) -> dict[str, Permit]:
    """The cases of a log that have a deadline, of its first ``limit`` cases."""
    rows: dict[str, list[dict[str, str]]] = {}
    with gzip.open(log, "rt", encoding="utf-8") if log.suffix == ".gz" else log.open() as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["case:concept:name"], []).append(row)
    return {case: _permit(rows[case]) for case in list(rows)[:limit] if rows[case][0]["case:deadline"]}


def _permit(rows: list[dict[str, str]]) -> Permit:
    first = rows[0]
    ended = datetime.fromisoformat(first["case:enddate"]) if first["case:enddate"] else None
    times = [datetime.fromisoformat(row["time:timestamp"]) for row in rows]
    return Permit(
        started=datetime.fromisoformat(first["case:startdate"]),
        deadline=datetime.fromisoformat(first["case:deadline"]),
        ended=ended,
        last=max(times + [ended] * (ended is not None)),
    )


def limits(cases: dict[str, Permit]) -> dict[str, object]:
    """The same figures as in the section ``limits`` of the report of ``seamless replay``."""
    late = [case for case in cases.values() if case.ended is not None and case.ended > case.deadline]
    later_day = [case for case in late if case.ended is not None and _day(case.ended) > _day(case.deadline)]
    off = {
        name: _day(case.deadline).toordinal() - _day(case.started).toordinal() for name, case in cases.items()
    }
    plain = [name for name in cases if off[name] == EIGHT_WEEKS]
    extended = [name for name in cases if off[name] == EIGHT_WEEKS + SIX_WEEKS]
    lawful = [name for name, case in cases.items() if moved(case.started, EIGHT_WEEKS) == _day(case.deadline)]
    lawful_extended = [
        name
        for name, case in cases.items()
        if moved(case.started, EIGHT_WEEKS + SIX_WEEKS) == _day(case.deadline) and name not in lawful
    ]
    rest = {name: days - EIGHT_WEEKS for name, days in off.items() if name not in plain + extended}
    return {
        "cases": len(cases),
        "late_by_instant": len(late),
        "late_by_day": len(later_day),
        "agree_as_it_falls": len(plain + extended),
        "extended_as_it_falls": len(extended),
        "agree_by_law": len(lawful + lawful_extended),
        "extended_by_law": len(lawful_extended),
        "agree_by_law_only": len({*lawful, *lawful_extended} - {*plain, *extended}),
        "outside_calendar": 0,
        "longer": {name: days for name, days in rest.items() if days > 0},
        "shorter": {name: -days for name, days in rest.items() if days < 0},
    }


def overdue(cases: dict[str, Permit]) -> int:
    """How many cases still had something happen after the last day of the eight weeks."""
    return sum(_day(case.last) > moved(case.started, EIGHT_WEEKS) for case in cases.values())


def moved(started: datetime, days: int) -> date:
    """So many days after the day of the start; if that is not a working day, the next one."""
    last = _day(started) + timedelta(days)
    while last.isoweekday() > 5 or last in _feast_days(last.year):
        last += timedelta(1)
    return last


def _day(at: datetime) -> date:
    return at.astimezone(AMSTERDAM).date()


def _feast_days(year: int) -> set[date]:
    easter = _easter(year)
    royal = date(year, 4, 30) if year < 2014 else date(year, 4, 27)
    if royal.isoweekday() == 7:
        royal += timedelta(-1)
    moving = {easter + timedelta(days) for days in (-2, 1, 39, 50)}
    return moving | {royal, date(year, 1, 1), date(year, 5, 5), date(year, 12, 25), date(year, 12, 26)}


def _easter(year: int) -> date:
    """Easter Sunday, by the rule of Gauss for 1900 to 2099."""
    d = (19 * (year % 19) + 24) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7
    shift = d + e - 7 * ((d == 29 and e == 6) or (d == 28 and e == 6 and year % 19 > 10))
    return date(year, 3, 22) + timedelta(shift)
