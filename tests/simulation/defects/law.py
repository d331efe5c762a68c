"""Defects of the legal clock, and of what follows from it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, cast
from unittest.mock import patch

from contracts.admission import Rules
from contracts.clock import Clock
from contracts.terms.calendar import calendar
from contracts.terms.clock_marks import ClockMark
from tests.simulation.clock import VirtualLoop
from tests.simulation.defects.mutant import Mutant
from workflows.case import ladder, overdue, penalty, sequence
from workflows.case.deadlines import Warn

CASE = "tests/unit/workflows/case"


def _law_of_today() -> AbstractContextManager[Any]:
    def legal_day(self: Rules, _: datetime) -> date:
        return calendar(self.calendar).day(cast(VirtualLoop, asyncio.get_running_loop()).wall())

    return patch.object(Rules, "legal_day", legal_day)


def _suspended_time_counts() -> AbstractContextManager[Any]:
    after = Clock.after

    def count(self: Clock, mark: ClockMark) -> Clock:
        return self if mark.does in ("suspend", "resume") else after(self, mark)

    return patch.object(Clock, "after", count)


def _extension_forgotten() -> AbstractContextManager[Any]:
    after = Clock.after

    def forget(self: Clock, mark: ClockMark) -> Clock:
        return self if mark.does == "extend" else after(self, mark)

    return patch.object(Clock, "after", forget)


def _silence_unfenced() -> AbstractContextManager[Any]:
    return patch.object(overdue, "_binds", lambda *_: True)


def _passed_over() -> AbstractContextManager[Any]:
    take = sequence.take_limit

    def passed_over(case: Any, limit: Any) -> None:
        if isinstance(limit.rungs[limit.passed].rung, Warn) or limit.step != "statutory":
            take(case, limit)
        else:
            limit.passed += 1

    return patch.object(sequence, "take_limit", passed_over)


def _day_of_decision_owed() -> AbstractContextManager[Any]:
    end_of = penalty._end_of
    return patch.object(
        penalty, "_end_of", lambda case, default, days: end_of(case, default, max(1, days - 1))
    )


def _calendar_dropped() -> AbstractContextManager[Any]:
    return patch.object(sequence, "count_anew", lambda *_: None)


def _stand_in_late() -> AbstractContextManager[Any]:
    return patch.object(ladder, "_asked_since", lambda _, end, __: end)


MUTANTS = (
    Mutant("law-of-today", "a case has the law of the day on which the gateway opens it", _law_of_today),
    Mutant("suspended-counts", "time counts while the case is suspended", _suspended_time_counts, (CASE,)),
    Mutant("extension-forgotten", "an extension that is approved extends nothing", _extension_forgotten),
    Mutant("silence-unfenced", "silence decides a case without a fence", _silence_unfenced, (CASE,)),
    Mutant("passed-over", "a statutory limit that is over is passed over", _passed_over, (CASE,)),
    Mutant("decision-day-owed", "the day of the decision is owed, too", _day_of_decision_owed, (CASE,)),
    Mutant("calendar-dropped", "a published calendar reaches no open case", _calendar_dropped, (CASE,)),
    Mutant(
        "stand-in-late",
        "a stand-in asked late has what is left of its limit",
        _stand_in_late,
        (CASE,),
    ),
)
