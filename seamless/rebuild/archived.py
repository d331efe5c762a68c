"""An event log from the archive: the steps of a procedure's cases, and what its ledger says of them besides.

The erasable data of the ledger is not read, so the log is the same once it was erased.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, inspect, select

from archive.completeness import NoSteps
from archive.silence import Silences
from archive.steps import Step, step_of
from archive.tables import cases, is_current, ledger, steps
from contracts.clock import clock_of, marks_of
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry
from seamless.rebuild.log import CaseRecord, EventLog, Number, StepRecord, in_order


def log_of(db: Connection, procedure: str, as_of: datetime | None) -> EventLog:
    """The log of a procedure.

    Args:
        as_of: until when the cases were seen; until the last entry, unless given.

    Raises:
        NoSteps: the archive is an older worker's.
        InvalidInput: it has no case of this procedure; says of which it has.
    """
    if not is_current(steps, inspect(db)):
        raise NoSteps
    its = select(cases.c.case).where(cases.c.procedure == procedure)
    of_case: defaultdict[str, list[Step]] = defaultdict(list)
    for row in db.execute(
        select(steps).where(steps.c.case.in_(its)).order_by(steps.c.case, steps.c.sequence)
    ):
        of_case[row.case].append(step_of(row))
    follow = _following(db)
    entries = (
        LedgerEntry.model_validate_json(text)
        for text in db.scalars(
            select(ledger.c.entry).where(ledger.c.case.in_(its)).order_by(ledger.c.case, ledger.c.sequence)
        )
    )
    found, last = [], []
    for case, told in groupby(entries, key=lambda entry: entry.case):
        its_ledger = list(told)
        last.append(max(entry.recorded for entry in its_ledger))
        found.append(case_of(its_ledger, of_case[case], follow.get(case, ())))
    if not found:
        known = ", ".join(db.scalars(select(cases.c.procedure).distinct().order_by(cases.c.procedure)))
        raise InvalidInput(f"no case of {procedure} in the archive; it has cases of: {known or 'nothing'}")
    return EventLog(
        name=procedure,
        cases=tuple(sorted(found, key=lambda case: (case.start, case.reference))),
        as_of=max(last) if as_of is None else max(as_of, max(last)),
        ends="recorded",
    )


def _following(db: Connection) -> Mapping[str, Sequence[LedgerEntry]]:
    """The openings of the cases that follow another one, by that: objections and corrections."""
    found: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    query = select(ledger.c.entry).where(ledger.c.kind == "opened", ledger.c.entry.contains('"linked"'))
    for text in db.scalars(query):
        entry = LedgerEntry.model_validate_json(text)
        if entry.linked is not None:
            found[entry.linked].append(entry)
    return found


def case_of(
    entries: Sequence[LedgerEntry], its_steps: Iterable[Step], following: Sequence[LedgerEntry]
) -> CaseRecord:
    """One case.

    Args:
        entries: its ledger, in order; ``data`` is not read.
        following: the openings of the cases that follow it.
    """
    opened = entries[0]
    closed = next((entry.recorded for entry in entries if entry.kind == "closed"), None)
    clock, silences = clock_of(marks_of(entries)), Silences()
    silent = [entry for entry in entries if silences.add(entry)]
    officers: dict[tuple[str | None, datetime], str] = {
        (entry.step, entry.received): entry.officer for entry in entries if entry.officer and entry.step
    }
    due, promised = clock.due, clock.promised_due
    return CaseRecord(
        reference=opened.case,
        start=min(opened.received, opened.first_contact or opened.received),
        end=closed,
        steps=in_order([each for step in its_steps for each in _records(step, officers)]),
        attributes={"channel": opened.case.channel, "law": opened.law},
        variant=opened.variant,
        due=due.at if due else None,
        promised=promised.at if promised else None,
        silent=bool(silent) if closed or silent else None,
        numbers=dict(_numbers(entries, following)),
    )


def _records(step: Step, officers: Mapping[tuple[str | None, datetime], str]) -> Iterator[StepRecord]:
    name = step.step.partition("/")[0].rpartition(".")[2]
    if step.referred_by is not None:  # it was asked of another agency before
        yield StepRecord(
            activity=name,
            completed=step.asked,
            queued=step.opened,
            group=Party.agency(step.referred_by),
            how="stopped",
        )
    yield StepRecord(
        activity=name,
        completed=step.ended,
        queued=step.asked,
        started=step.acknowledged,
        resource=officers.get((step.step, step.ended)) if step.ended else None,
        group=step.holder,
        outcome=step.outcome,
        how=step.how,
        due=step.due,
    )


def _numbers(
    entries: Sequence[LedgerEntry], following: Sequence[LedgerEntry]
) -> Iterator[tuple[Number, float]]:
    kinds = Counter(entry.kind for entry in entries)
    yield "supplements", kinds["asked-applicant"]
    yield "materials", sum(entry.materials for entry in entries if entry.kind != "asked-applicant")
    yield "objections", len(following)
    visits = [entry.visits for entry in entries if entry.visits is not None]
    if visits:
        yield "visits", sum(visits)
    paid = [entry.fee_paid for entry in entries if entry.fee_paid is not None]
    if paid:
        yield "cost", float(sum(each.amount for each in paid))
    opinions = [entry.satisfaction for entry in (*entries, *following) if entry.satisfaction is not None]
    if opinions:
        yield "satisfaction", opinions[-1]
