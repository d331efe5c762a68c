"""A procedure by its agencies, steps, handoffs, variants or months. Officers are no such thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from contracts.terms.errors import InvalidInput
from seamless.rebuild.courses import Spell, all_spells, lifetime
from seamless.rebuild.durations import days, duration, follow_up, whole_times
from seamless.rebuild.figures import By, Row
from seamless.rebuild.handoffs import between, handoff_of
from seamless.rebuild.log import CaseRecord, EventLog, ends_unknown
from seamless.rebuild.outcomes import of_case, of_step, punctual
from seamless.rebuild.survival import within

Key = tuple[str | None, ...]


def breakdown(log: EventLog, by: By, horizon: float) -> tuple[Row, ...]:
    """The lines of a breakdown: months in their order, everything else by its share of the whole time.

    Raises:
        InvalidInput: the log does not tell of it; says what it lacks.
    """
    if by in ("variant", "month"):
        return _of_cases(log, by, horizon)
    of = between(log)
    if by == "agency" and of == "activities":
        raise InvalidInput(
            f"--by agency: {log.name} does not say who has a step; say which column does, with "
            "--map group=COLUMN, or use --by step"
        )
    rows: defaultdict[Key, list[Spell]] = defaultdict(list)
    waited: defaultdict[Key, float] = defaultdict(float)
    for case, spell in all_spells(log):
        if by == "handoff":
            handoff = handoff_of(spell, of)
            key: Key = (handoff.before, handoff.after) if handoff else ()
        else:
            key = (spell.step.group if by == "agency" else spell.step.activity,)
        if key:
            rows[key].append(spell)
            waited[key] += _within(spell, case, log, horizon)
    return _rows(rows, waited, log, horizon)


def _within(spell: Spell, case: CaseRecord, log: EventLog, horizon: float) -> float:
    """How much of a spell lies in the time of its case that counts."""
    life = lifetime(case, log, horizon)
    began, ended = (days(at - case.start) for at in (spell.began, spell.ended))
    return max(0.0, min(ended, life.ended) - max(began, life.began))


def _rows(
    rows: Mapping[Key, list[Spell]], waited: Mapping[Key, float], log: EventLog, horizon: float
) -> tuple[Row, ...]:
    whole = sum(lifetime(case, log, horizon).days for case in log.cases)
    found = []
    for key, its in rows.items():
        times = np.array([spell.days for spell in its], np.float64)
        ended = np.array([spell.over for spell in its], bool)
        took = duration(times, ended, horizon)
        assert took is not None  # there is no key without a spell
        ends = [of_step(spell.step) for spell in its]
        share = waited[key] / whole if whole else None
        found.append(Row(key=key, duration=took, share=share, in_time=punctual(ends, log.as_of)))
    return tuple(sorted(found, key=lambda row: (-(row.share or 0.0), str(row.key))))


def _of_cases(log: EventLog, by: By, horizon: float) -> tuple[Row, ...]:
    if log.ends == "unknown":
        raise InvalidInput(f"--by {by}: {ends_unknown(log)}")
    (times, ended), seen = whole_times(log), follow_up(log)
    places: defaultdict[str | None, list[int]] = defaultdict(list)
    for place, case in enumerate(log.cases):
        places[case.variant if by == "variant" else f"{case.start:%Y-%m}"].append(place)
    found = []
    for key, its in places.items():
        took = duration(times[its], ended[its], within(horizon, seen[its]))
        assert took is not None
        ends = [of_case(log.cases[place], log.cases[place].due) for place in its]
        found.append(Row(key=(key,), duration=took, share=None, in_time=punctual(ends, log.as_of)))
    return tuple(sorted(found, key=lambda row: str(row.key)))


def months(log: EventLog, horizon: float) -> tuple[Row, ...]:
    """The whole time by the month in which cases started; nothing where no end is known. Cases of the last
    months were not seen for as long as the horizon: their own is shorter."""
    return () if log.ends == "unknown" else _of_cases(log, "month", horizon)
