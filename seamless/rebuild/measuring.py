"""Measuring a procedure: all figures of a log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from contracts.terms.errors import InvalidInput
from seamless.rebuild.batches import batches
from seamless.rebuild.breakdown import breakdown, months
from seamless.rebuild.courses import holders, phases, working
from seamless.rebuild.durations import duration, follow_up, halves, middle, recorded_times, whole_times
from seamless.rebuild.explained import explained
from seamless.rebuild.figures import By, Measured, Unknown
from seamless.rebuild.handoffs import handoffs
from seamless.rebuild.log import NUMBERS, EventLog
from seamless.rebuild.outcomes import by_law, by_promise, counts, silence, steps_in_time
from seamless.rebuild.survival import horizon_of, kaplan_meier, within


def horizon_for(log: EventLog) -> float:
    """The horizon up to which the cases of a log are counted, in days: see
    :func:`seamless.rebuild.survival.horizon_of`, as far as it was seen."""
    times, ended = whole_times(log) if log.ends != "unknown" else recorded_times(log)
    if not len(times):
        return 1.0
    return within(horizon_of(kaplan_meier(times, ended)), follow_up(log)) or 1.0


def measure(
    log: EventLog, *, horizon: float | None = None, split: datetime | None = None, by: By | None = None
) -> Measured:
    """Measure a procedure.

    Args:
        horizon: the days up to which a case counts; :func:`horizon_for`, unless given.
        split: where its halves meet; the start of the case in the middle, unless given.

    Raises:
        InvalidInput: there is no case, or the log does not tell what the breakdown ``by`` needs.
    """
    if not log.cases:
        raise InvalidInput(
            f"{log.name}: no case started in that time; choose another with --since and --until"
        )
    counted = horizon_for(log) if horizon is None else horizon
    times, ended = whole_times(log)
    work, work_of = working(log)
    ended_known = log.ends != "unknown"
    found = Measured(
        name=log.name,
        as_of=log.as_of,
        since=log.cases[0].start,
        until=log.cases[-1].start,
        cases=len(log.cases),
        open=int((~ended).sum()) if ended_known else None,
        ends=log.ends,
        ending=tuple(sorted(log.ending)),
        columns=dict(log.columns),
        passed_over=dict(log.passed_over),
        by_day=log.by_day,
        horizon=counted,
        whole=duration(times, ended, counted, drawn=True),
        halves=halves(log, counted, split or middle(log)),
        phases=phases(log, counted),
        holders=holders(log, counted),
        working=work,
        working_of=work_of,
        handoffs=handoffs(log),
        batches=batches(log, counted),
        by_law=by_law(log),
        by_promise=by_promise(log),
        steps_in_time=steps_in_time(log),
        silence=silence(log),
        counts=counts(log),
        explained=explained(log, counted),
        months=months(log, counted),
        not_known=(),
        by=by,
        rows=breakdown(log, by, counted) if by else (),
    )
    return found.model_copy(update={"not_known": tuple(_not_known(found))})


def _not_known(found: Measured) -> Iterator[Unknown]:
    if found.whole is None:
        yield "whole-time"
    if not found.known_holders:
        yield "who-held"
    if found.working is None:
        yield "working-time"
    if found.by_law is None:
        yield "limit-by-law"
    if found.by_promise is None:
        yield "limit-promised"
    if found.silence is None:
        yield "silence"
    if found.halves is None or found.halves.second.one_officer is None:
        yield "one-officer"
    known = {count.name for count in found.counts}
    yield from (name for name in NUMBERS if name not in known)
