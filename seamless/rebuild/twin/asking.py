"""From what a person gives to the question that is answered: what is learned, stated, assumed and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from contracts.terms.errors import InvalidInput
from seamless.explore.chosen import Chosen, chosen
from seamless.explore.opening import FIRST_DAY
from seamless.rebuild.log import EventLog
from seamless.rebuild.twin import stated
from seamless.rebuild.twin.arrivals import Steady
from seamless.rebuild.twin.changes import Change
from seamless.rebuild.twin.conditions import Conditions, Working
from seamless.rebuild.twin.hours import Hours, hours_of
from seamless.rebuild.twin.learning import learn
from seamless.rebuild.twin.predicting import Question
from workers.process.settings import Settings

FEWEST = 20
"""Of fewer finished cases nothing is learned."""


def asked(
    given: Mapping[str, Any], log: EventLog | None, settings: Settings
) -> tuple[Question, tuple[str, ...]]:
    """The question, and what is assumed in it.

    Args:
        given: the options of ``seamless procedure predict`` by name; ``now``, the way of working as it is.

    Raises:
        InvalidInput: one of them says what cannot be; names it, and what may be said.
    """
    now: Chosen = given["now"]
    calendar = given["calendar"] or settings.calendar
    hours = hours_of(calendar, *stated.hours_of_day(given["hours"]))
    a_day = hours.length / 3600
    learned = None if log is None else learn(_of_variant(log, now), hours, _agencies(now))
    named = stated.Named.of(now.item, learned.times if learned else ())
    instead = _instead(given["instead"], now)
    times = stated.times_of(given["time"] or (), named, a_day)
    change = Change(
        instead=instead,
        times=times,
        outcomes=stated.outcomes_of(given["outcome"] or (), named),
        officers=stated.officers_of(given["officers"] or (), "--officers", named),
        batches=stated.batches_of(given["batch"] or (), named),
        load=stated.load_of(given["load"]),
    )
    known = learned.times if learned else {}
    both = {step: each for step, each in times.items() if step not in known}
    assumed: list[str] = []
    if given["assume"]:
        laws = [now.law, *([instead.law] if instead else [])]
        for law in laws:
            for step, each in stated.assumed_times(now.item, law, a_day).items():
                if step not in known and step not in both:
                    both[step] = each
                    assumed.append(step)
    staff = stated.officers_of(given["staff"] or (), "--staff", named)
    if relative := [agency for agency, each in staff.items() if each.more]:
        raise InvalidInput(f"--staff {relative[0]}: say how many officers it has, without a sign, as 2")
    arrivals = Steady(given["arrivals"] or 1.0, hours)
    if learned is None and given["arrivals"] is None:
        assumed.append("one-a-day")
    before = Conditions(
        procedure=now.procedure,
        law=now.law,
        applications=_applications(now),
        directory=settings.directory,
        calendar=calendar,
        hours=hours,
        arrivals=arrivals,
        working=Working(both, officers={agency: each.count for agency, each in staff.items()}),
        first=_first(log, now, hours),
    )
    question = Question(before, change, learned, both)
    if learned is not None and given["arrivals"] is not None:
        raise InvalidInput("--arrivals: the log says when applicants come; change it by --load, as +15%")
    return question.as_learned(), tuple(assumed)


def _of_variant(log: EventLog, now: Chosen) -> EventLog:
    """The cases of a log that went as it is now; all, where it does not say how they went.

    Raises:
        InvalidInput: there are too few to learn from.
    """
    ways = {case.variant for case in log.cases} - {None}
    cases = tuple(case for case in log.cases if not ways or case.variant == now.procedure.variant)
    if sum(case.end is not None for case in cases) < FEWEST:
        raise InvalidInput(
            f"--from: {log.name} has {len(cases)} cases that went as {now.procedure.variant}, and fewer than "
            f"{FEWEST} of them have ended; take a longer log, or give the times by --time"
        )
    return replace(log, cases=cases)


def _agencies(now: Chosen) -> dict[str, str]:
    """By request, which agency is asked."""
    return {request.local_name: request.agency for request in now.item.requests}


def _instead(text: str | None, now: Chosen) -> Chosen | None:
    if text is None:
        return None
    variant = text.removeprefix(f"{now.item.procedure}.")
    return chosen(f"{now.item.procedure}.{variant}")


def _applications(now: Chosen) -> tuple[Any, ...]:
    if not now.item.examples:
        raise InvalidInput(f"{now.item.procedure}: its service item has no example of an application")
    return now.item.examples


def _first(log: EventLog | None, now: Chosen, hours: Hours) -> float:
    day: date = FIRST_DAY if log is None else hours.day(log.as_of.timestamp()) + timedelta(days=1)
    return hours.midnight(max(day, now.law.since))
