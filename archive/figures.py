"""Figures of all cases, as the archive has them in one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection, case, distinct, func, literal, select

from archive.tables import cases, steps, totals
from archive.totals import APPLICANT, THIRD_PARTY, Place

Due = Literal["overdue", "1d", "3d", "10d", "later", "none"]
"""How much time is left: none; at most so many days; more; or there is no limit."""

DUES: tuple[Due, ...] = get_args(Due)


class Figures(NamedTuple):
    """Figures of all cases.

    Attributes:
        totals: of all cases ever opened, see :mod:`archive.totals`.
        open_cases: by procedure.
        open_requests: the open steps, by agency and by what time is left of them (:data:`Due`).
        overdue_cases: open cases that have an overdue step, by the agency that has the step.
        earliest_due: when the first of the open steps is due, by agency; also one that is past.
        as_of: the moment.
    """

    totals: Mapping[Place, float]
    open_cases: Mapping[str, int]
    open_requests: Mapping[tuple[str, ...], int]
    overdue_cases: Mapping[str, int]
    earliest_due: Mapping[str, datetime]
    as_of: datetime


def figures_of(db: Connection, now: datetime) -> Figures:
    """The figures at ``now``. Open cases are found by separate indexes, so the time needed depends on the
    number of open cases, not of all cases."""
    agency = case(
        (steps.c.third_party.is_not(None), THIRD_PARTY),
        (steps.c.agency.is_(None), APPLICANT),
        else_=steps.c.agency,
    )
    waiting = (
        select(agency.label("who"), _left(now).label("remaining"), steps.c.case, steps.c.due)
        .where(steps.c.ended.is_(None))
        .subquery()
    )
    of = waiting.c
    requested = select(
        of.who, of.remaining, func.count().label("number"), func.min(of.due).label("earliest")
    ).group_by(of.who, of.remaining)
    late = (
        select(of.who, func.count(distinct(of.case)).label("number"))
        .where(of.remaining == "overdue")
        .group_by(of.who)
    )
    opened = (
        select(cases.c.procedure, func.count().label("number"))
        .where(cases.c.status == literal("open", literal_execute=True))  # SQLite looks at no parameter
        .group_by(cases.c.procedure)
    )
    requests: dict[tuple[str, ...], int] = {}
    earliest: dict[str, datetime] = {}
    for row in db.execute(requested):
        requests[row.who, row.remaining] = row.number
        if row.earliest is not None:
            earliest[row.who] = min(row.earliest, earliest.get(row.who, row.earliest))
    return Figures(
        totals={Place(row.total, row.first, row.second): row.value for row in db.execute(select(totals))},
        open_cases={row.procedure: row.number for row in db.execute(opened)},
        open_requests=requests,
        overdue_cases={row.who: row.number for row in db.execute(late)},
        earliest_due=earliest,
        as_of=now,
    )


def _left(now: datetime) -> ColumnElement[str]:
    """What time is left of a step. It is over once its end is there."""
    return case(
        (steps.c.due.is_(None), "none"),
        (steps.c.due <= now, "overdue"),
        (steps.c.due <= now + timedelta(days=1), "1d"),
        (steps.c.due <= now + timedelta(days=3), "3d"),
        (steps.c.due <= now + timedelta(days=10), "10d"),
        else_="later",
    )
