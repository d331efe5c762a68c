"""An event log from a file that others recorded: XES or CSV, by a stated mapping of its columns."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import isfinite, nan
from pathlib import Path
from types import MappingProxyType
from typing import cast, get_args

from archive.steps import How
from contracts.terms.bounds import printable
from seamless.rebuild.columns import OF_THE_CASE, mapped, of_officers
from seamless.rebuild.log import (
    NUMBERS,
    CaseRecord,
    EventLog,
    Field,
    Number,
    StepRecord,
    end_by,
    in_order,
    usually_last,
)
from seamless.rebuild.rows import Row, read_rows
from seamless.rebuild.times import Times
from seamless.replay.traces import BadLog

ENDED: frozenset[str] = frozenset({"complete", "completed", "autoskip", "manualskip"})
BROKEN_OFF: frozenset[str] = frozenset({"withdraw", "pi_abort", "ate_abort"})
BEGUN, QUEUED = "start", "schedule"
"""Transitions of the XES lifecycle extension. The others, such as ``suspend``, say nothing that is read."""

YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
OFFICERS = 0.5
"""A column names officers, too, if so many of its different values are in the column of officers."""


def read_log(
    path: Path,
    given: Mapping[Field, str] = MappingProxyType({}),
    *,
    ending: Sequence[str] = (),
    applicant: Sequence[str] = (),
    time_format: str | None = None,
) -> EventLog:
    """The log of a file.

    Args:
        given: which column a field is read from, where that is not as logs are known to name it.
        ending: the activities that end a case, if it ends with one of them; else, and where the log has no
            column of ends, those that usually are the last.
        applicant: the activities that the applicant takes, where no column says so.
        time_format: how times are written, as ``strptime`` takes it; ISO 8601, unless given.

    Raises:
        BadLog, InvalidInput: it cannot be read so. The message names the row, the field and the cure.
    """
    names, rows = read_rows(path)
    columns = mapped(names, given)
    if not rows:
        raise BadLog(f"{path}: it has no rows")
    named = _of_officers(rows, columns)
    if columns.get("group") in named:
        raise of_officers(columns["group"])
    reader = _Reader(columns, Times(time_format), named)
    try:
        cases = reader.cases(rows)
    except BadLog as error:
        raise BadLog(f"{path}: {error}") from None
    for option, stated in (("--end", ending), ("--applicant", applicant)):
        if unknown := sorted(set(stated) - reader.activities):
            known = ", ".join(sorted(reader.activities))
            raise BadLog(f"{path}: {option} {unknown[0]}: there is no such activity; there are: {known}")
    log = reader.log(printable(path.name), cases, frozenset(ending))
    return log.done_by_applicants(frozenset(applicant))


def _of_officers(rows: Sequence[Row], columns: Mapping[Field, str]) -> frozenset[str]:
    """The columns that name officers, besides the one that was mapped: such as who is responsible."""
    column = columns.get("resource")
    officers = {row.values[column] for row in rows if column in row.values} if column else set()
    values: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in row.values.items():
            values[name].add(value)
    return frozenset(
        name for name, found in values.items() if officers and len(found & officers) >= OFFICERS * len(found)
    )


def _number_in(text: str) -> float:
    """The number that a text is; not a number, where it is none."""
    try:
        return float(text)
    except ValueError:
        return nan


class _Reader:
    def __init__(self, columns: Mapping[Field, str], times: Times, of_officers: frozenset[str]) -> None:
        self._columns, self._times, self._of_officers = columns, times, of_officers
        self.activities: set[str] = set()
        self._passed_over: defaultdict[str, int] = defaultdict(int)

    def cases(self, rows: Iterable[Row]) -> list[CaseRecord]:
        of_case: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            of_case[self._needed(row, "case")].append(row)
        found = [self._case(reference, its) for reference, its in of_case.items()]
        return sorted((case for case in found if case), key=lambda case: (case.start, case.reference))

    def log(self, name: str, cases: list[CaseRecord], ending: frozenset[str]) -> EventLog:
        if not cases:
            raise BadLog("every case ends before it starts")
        recorded = not ending and any(case.end for case in cases)
        if not recorded:
            stated, ending = ending, ending or usually_last(cases)
            cases = [case._replace(end=end_by(case.steps, ending)) for case in cases]
        return EventLog(
            name=name,
            cases=tuple(cases),
            as_of=max(self._instants(cases)),
            ends="recorded" if recorded else "stated" if stated else "assumed" if ending else "unknown",
            ending=ending,
            columns={str(name): column for name, column in self._columns.items()},
            passed_over=dict(self._passed_over),
            by_day=self._times.by_day,
        )

    @staticmethod
    def _instants(cases: Sequence[CaseRecord]) -> Iterable[datetime]:
        for case in cases:
            yield case.start
            yield from (at for step in case.steps for at in (step.queued, step.started, step.completed) if at)
            if case.end:
                yield case.end

    # --- a case -----------------------------------------------------------------------------------------

    def _case(self, reference: str, rows: Sequence[Row]) -> CaseRecord | None:
        start = self._of_case(reference, rows, "case-start")
        end = self._of_case(reference, rows, "case-end")
        if start is not None and len(rows) == 1 and not self._has_step(rows[0]):
            steps: tuple[StepRecord, ...] = ()
        else:
            steps = in_order(list(self._steps(rows)))
        if start is None:
            start = min(at for step in steps for at in (step.queued, step.started, step.completed) if at)
        if end is not None and end < start:
            self._passed_over["ends-before-it-starts"] += 1
            return None
        silent = self._text_of_case(reference, rows, "silence")
        if silent is not None and silent.values[self._columns["silence"]].lower() not in YES | NO:
            raise self._bad(silent, "silence", "is neither true nor false; write one of them")
        variant = self._text_of_case(reference, rows, "variant")
        return CaseRecord(
            reference=reference,
            start=start,
            end=end,
            steps=steps,
            attributes=self._attributes(rows),
            variant=variant.values[self._columns["variant"]] if variant else None,
            due=self._limit_of_case(reference, rows, "due", start),
            promised=self._limit_of_case(reference, rows, "promised", start),
            silent=silent.values[self._columns["silence"]].lower() in YES if silent else None,
            numbers={
                name: number
                for name in NUMBERS
                if (number := self._number(reference, rows, name)) is not None
            },
        )

    def _attributes(self, rows: Sequence[Row]) -> dict[str, str]:
        """What else the case's own columns say, and those of its first row."""
        taken = set(self._columns.values()) | self._of_officers
        return {
            name.removeprefix(OF_THE_CASE): value
            for name, value in rows[0].values.items()
            if name not in taken
        }

    def _text_of_case(self, reference: str, rows: Sequence[Row], field: Field) -> Row | None:
        """The row that says something of the whole case; all that do say the same."""
        column = self._columns.get(field)
        said = [row for row in rows if column in row.values] if column else []
        for row in said[1:]:
            if row.values[column or ""] != said[0].values[column or ""]:
                told = f"is not what {said[0].where} says of case {reference}; a case has one {field}"
                raise self._bad(row, field, told)
        return said[0] if said else None

    def _of_case(self, reference: str, rows: Sequence[Row], field: Field) -> datetime | None:
        row = self._text_of_case(reference, rows, field)
        return self._time(row, field) if row else None

    def _limit_of_case(
        self, reference: str, rows: Sequence[Row], field: Field, near: datetime
    ) -> datetime | None:
        row = self._text_of_case(reference, rows, field)
        return self._limit(row, field, near) if row else None

    def _number(self, reference: str, rows: Sequence[Row], field: Number) -> float | None:
        """A number of the case; what its rows say each is added up, but for an opinion, which is the last."""
        column = self._columns.get(field)
        said = [row for row in rows if column in row.values]
        if column is None or not said:
            return None
        if column.startswith(OF_THE_CASE):
            self._text_of_case(reference, rows, field)
            said = said[:1]
        values = []
        for row in said:
            values.append(_number_in(row.values[column]))
            if not isfinite(values[-1]):
                raise self._bad(
                    row, field, f"is no number; write it as 12.50, or leave it out with --map {field}="
                )
        return values[-1] if field == "satisfaction" else sum(values)

    # --- its steps --------------------------------------------------------------------------------------

    def _has_step(self, row: Row) -> bool:
        """Whether a row tells of a step. The only row of a case may tell of the case alone."""
        return any(self._text(row, field) for field in ("activity", "completion", "queued", "start"))

    def _steps(self, rows: Sequence[Row]) -> Iterable[StepRecord]:
        if "transition" not in self._columns:
            yield from (self._step(row) for row in rows)
            return
        waiting: defaultdict[tuple[str, str], deque[StepRecord]] = defaultdict(deque)
        times = {id(row): self._time(row, "completion") for row in rows}
        for row in sorted(rows, key=lambda row: times[id(row)]):
            at, step = times[id(row)], self._step(row)
            open_ones = waiting[step.activity, row.values.get("concept:instance", "")]
            does = row.values.get(self._columns["transition"], "complete").lower()
            if does == QUEUED:
                open_ones.append(step._replace(completed=None, queued=at))
            elif does == BEGUN:
                queued = open_ones.popleft().queued if open_ones and not open_ones[0].started else None
                open_ones.append(step._replace(completed=None, queued=queued, started=at))
            elif does in ENDED or does in BROKEN_OFF:
                before = open_ones.popleft() if open_ones else step
                how = "stopped" if does in BROKEN_OFF else step.how
                yield step._replace(
                    queued=before.queued or step.queued, started=before.started or step.started, how=how
                )
            else:
                self._passed_over["other-lifecycle"] += 1
        for left in waiting.values():
            yield from left

    def _step(self, row: Row) -> StepRecord:
        activity = self._needed(row, "activity")
        self.activities.add(activity)
        timed: tuple[Field, ...] = ("completion", "queued", "start")
        times = {name: self._maybe(row, name) for name in timed}
        if not any(times.values()):
            raise self._bad(
                row, "completion", "has no value; every row needs the time at which its step ended"
            )
        for name in timed[1:]:
            began, ended = times[name], times["completion"]
            if began is not None and ended is not None and began > ended:
                raise self._bad(row, name, "is after the completion; mend it or drop the row")
        how = self._text(row, "how")
        if how is not None and how not in get_args(How):
            raise self._bad(row, "how", f"is none of {', '.join(get_args(How))}")
        return StepRecord(
            activity=activity,
            completed=times["completion"],
            queued=times["queued"],
            started=times["start"],
            resource=self._text(row, "resource"),
            group=self._text(row, "group"),
            outcome=self._text(row, "outcome"),
            how=cast("How | None", how),
            due=self._limit(row, "step-due", next(at for at in times.values() if at)),
        )

    # --- a value ----------------------------------------------------------------------------------------

    def _text(self, row: Row, field: Field) -> str | None:
        column = self._columns.get(field)
        return None if column is None else row.values.get(column)

    def _needed(self, row: Row, field: Field) -> str:
        value = self._text(row, field)
        if value is None:
            raise self._bad(row, field, "has no value; every row needs one")
        return value

    def _maybe(self, row: Row, field: Field) -> datetime | None:
        return None if self._text(row, field) is None else self._time(row, field)

    def _time(self, row: Row, field: Field) -> datetime:
        try:
            return self._times.read(self._needed(row, field), row.where)
        except ValueError as error:
            raise self._bad(row, field, str(error)) from None

    def _limit(self, row: Row, field: Field, near: datetime) -> datetime | None:
        """The end of a limit: of its last day, in the zone of a time ``near`` it where it has none."""
        text = self._text(row, field)
        if text is None:
            return None
        try:
            return self._times.end_of_day(text, near)
        except ValueError as error:
            raise self._bad(row, field, str(error)) from None

    def _bad(self, row: Row, field: Field, what: str) -> BadLog:
        column = self._columns[field]
        value = row.values.get(column)
        shown = f" {value!r}" if value is not None else ""
        return BadLog(f"{row.where}, column {column} ({field}):{shown} {what}")
