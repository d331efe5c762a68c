"""Choosing cases in the archive: by who has them and until when, by their number; and counting by holder.

What an open case waits for is in the table of steps. An index over its open steps keeps these questions
quick however many cases are closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    case,
    cast,
    distinct,
    false,
    func,
    inspect,
    select,
    type_coerce,
)

from archive.batches import at_once
from archive.completeness import NoSteps
from archive.reader import CaseRow, Status
from archive.steps import holder_of
from archive.tables import cases, is_current, ledger, steps
from contracts.terms.identifiers import SYSTEM, CaseId, Party
from contracts.terms.values import Contract

OPEN = steps.c.ended.is_(None)


class Choice(NamedTuple):
    """Which cases; a field that is None does not restrict the choice.

    Attributes:
        holder: somebody has a step of them: an agency, a third party, the applicant; or, ``system``, nobody
            has one.
        due_by: a step of them, of ``holder`` where there is one, is open and its limit ends by then. So it
            is overdue, if that is now.
    """

    status: Status | None = None
    procedure: str | None = None
    holder: Party | None = None
    due_by: datetime | None = None

    @property
    def of_steps(self) -> bool:
        """Whether it depends on what a case waits for."""
        return self.holder is not None or self.due_by is not None

    @property
    def everything(self) -> bool:
        """Whether it chooses every case."""
        return self == Choice()


class Holds(Contract):
    """What somebody has to do in open cases.

    Attributes:
        cases: in how many open cases somebody waits for it.
        requests: how many steps of them it has: requests, and what an applicant has to bring.
        overdue: how many of these steps are past the end of their limit; in ``overdue_cases`` cases.
        oldest_due: when the limit ends that ends first; None where no rule sets one.
        waiting_since: since when it has had the step that it has had longest.
    """

    holder: Party
    cases: int
    requests: int
    overdue: int
    overdue_cases: int
    oldest_due: AwareDatetime | None
    waiting_since: AwareDatetime


COUNTED = tuple(name for name in Holds.model_fields if name != "holder")


def chosen_cases(db: Connection, choice: Choice, limit: int | None = None) -> list[CaseRow]:
    """The cases of a choice, the most recently opened first.

    Raises:
        NoSteps: the choice asks for steps, and the archive is an older worker's.
    """
    query = _of(db, select(cases), choice).order_by(cases.c.opened.desc(), cases.c.case.desc())
    return [CaseRow.model_validate(row._asdict()) for row in db.execute(query.limit(limit))]


def by_holder(db: Connection, choice: Choice, now: datetime) -> list[Holds]:
    """What everybody has to do in the cases of a choice, sorted by how much is overdue, most first.

    Args:
        now: what is due by then is overdue.

    Raises:
        NoSteps: the archive is an older worker's.
    """
    _check_steps(db)
    late = steps.c.due <= now
    query = select(
        steps.c.agency,
        steps.c.third_party,
        func.count(distinct(steps.c.case)).label("cases"),
        func.count().label("requests"),
        func.count(case((late, 1))).label("overdue"),
        func.count(distinct(case((late, steps.c.case)))).label("overdue_cases"),
        func.min(steps.c.due).label("oldest_due"),
        func.min(steps.c.asked).label("waiting_since"),
    ).where(OPEN, *_step_conditions(choice))
    if choice.status is not None or choice.procedure is not None:
        chosen = _of(db, select(cases.c.case), choice._replace(holder=None, due_by=None))
        query = query.where(steps.c.case.in_(chosen))
    found = [
        Holds(holder=holder_of(row.agency, row.third_party), **{name: row._mapping[name] for name in COUNTED})
        for row in db.execute(query.group_by(steps.c.agency, steps.c.third_party))
    ]
    return sorted(found, key=lambda each: (-each.overdue, -each.requests, each.holder))


def cases_ending(db: Connection, tail: str) -> list[CaseId]:
    """The cases whose ids end in this, in hexadecimal: those that share a number."""
    query = select(cases.c.case).where(cases.c.case.endswith(tail, autoescape=True)).order_by(cases.c.case)
    return [CaseId(found) for found in db.scalars(query)]


def holders_of(db: Connection, of: Iterable[CaseId]) -> Mapping[Party, int]:
    """Who has something to do in these cases: everybody, with in how many of them.

    Raises:
        NoSteps: the archive is an older worker's.
    """
    _check_steps(db)
    found: Counter[Party] = Counter()
    for some in at_once(of):
        query = (
            select(steps.c.agency, steps.c.third_party, func.count(distinct(steps.c.case)).label("cases"))
            .where(OPEN, steps.c.case.in_(some))
            .group_by(steps.c.agency, steps.c.third_party)
        )
        found.update({holder_of(row.agency, row.third_party): row.cases for row in db.execute(query)})
    return found


def count_open(db: Connection) -> int:
    """How many cases are open."""
    query = select(func.count()).select_from(cases).where(cases.c.status == "open")
    return int(db.scalar(query) or 0)


def calendars_in_use(db: Connection) -> Mapping[str | None, int]:
    """How many open cases count with each calendar version; None where their latest entry does not say."""
    entry: Any = ledger.c.entry if db.dialect.name == "sqlite" else cast(ledger.c.entry, JSON)
    named = type_coerce(entry, JSON)["calendar"].as_string()
    query = (
        select(named.label("calendar"), func.count().label("cases"))
        .select_from(cases)
        .join(ledger, (ledger.c.case == cases.c.case) & (ledger.c.sequence == cases.c.entries))
        .where(cases.c.status == "open")
        .group_by("calendar")  # by name: PostgreSQL treats the same expression, given twice, as two
    )
    return {row.calendar: row.cases for row in db.execute(query)}


def overdue_cases(db: Connection, now: datetime, limit: int) -> list[CaseId]:
    """Open cases in which a step is overdue, the one that was due first, first."""
    _check_steps(db)
    query = (
        select(steps.c.case)
        .where(OPEN, steps.c.due <= now)
        .group_by(steps.c.case)
        .order_by(func.min(steps.c.due), steps.c.case)
    )
    return [CaseId(found) for found in db.scalars(query.limit(limit))]


def _of(db: Connection, query: Select[Any], choice: Choice) -> Select[Any]:
    """A query of cases, of those of a choice only."""
    if choice.status is not None:
        query = query.where(cases.c.status == choice.status)
    if choice.procedure is not None:
        query = query.where(cases.c.procedure == choice.procedure)
    if not choice.of_steps:
        return query
    _check_steps(db)
    if choice.holder == SYSTEM:
        query = query.where(cases.c.status == "open", cases.c.case.not_in(select(steps.c.case).where(OPEN)))
        choice = choice._replace(holder=None)
    if choice.of_steps:
        query = query.where(cases.c.case.in_(select(steps.c.case).where(OPEN, *_step_conditions(choice))))
    return query


def _step_conditions(choice: Choice) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if choice.due_by is not None:
        found.append(steps.c.due <= choice.due_by)
    if choice.holder is not None:
        kind, named = choice.holder.kind, choice.holder.id
        if kind not in ("agency", "third-party", "applicant"):
            return [false()]  # nobody else has a step
        found.append(steps.c.agency == named if kind == "agency" else steps.c.agency.is_(None))
        third = steps.c.third_party
        found.append(third == named if kind == "third-party" else third.is_(None))
    return found


def _check_steps(db: Connection) -> None:
    """Return if the archive has steps.

    Raises:
        NoSteps: it is an older worker's.
    """
    if not is_current(steps, inspect(db)):
        raise NoSteps
