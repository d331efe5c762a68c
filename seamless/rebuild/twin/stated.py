"""What a person states of the work on a procedure, in words of the command line, and what is assumed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.terms.errors import InvalidInput
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit, Unit
from contracts.terms.service_item import ServiceItem
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.changes import Officers
from seamless.rebuild.twin.conditions import Shares

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_APPLICANTS = ("supplement", "collect")
"""The steps of applicants: what was missing is handed in, a fee is paid."""

ASSUMED_SHARES = (0.25, 0.95)
"""Of a limit, where it is assumed how long a step takes: as the simulated agencies of a town work."""
ASSUMED_DAYS = (1.0, 5.0)
"""Of an applicant."""

MOST_DAYS = 3650.0
_TIME = re.compile(r"(\d+(?:\.\d+)?)([dh])")
_LOAD = re.compile(r"([+-]?)(\d+(?:\.\d+)?)%")
_SHARE = re.compile(r"([^:,]+):(\d+(?:\.\d+)?)%")
_DAYS: Mapping[Unit, float] = {"working-days": 1.0, "days": 5 / 7, "weeks": 5.0, "months": 21.0}
"""Working days to a unit of a limit."""


@dataclass(frozen=True)
class Named:
    """What may be named of a procedure.

    Attributes:
        steps: what a log calls its steps.
        agencies: whom it asks.
        outcomes: by step, what may be answered.
    """

    steps: tuple[str, ...]
    agencies: tuple[str, ...]
    outcomes: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, item: ServiceItem, more: Collection[str] = ()) -> Named:
        """Those of a service item.

        Args:
            more: steps that a log has beside it.
        """
        requests = {each.local_name: each for each in item.requests}
        agencies = dict.fromkeys(agency for each in item.requests for agency in each.answerers())
        return cls(
            tuple(dict.fromkeys([*requests, *OF_APPLICANTS, *sorted(more)])),
            tuple(agencies),
            {name: each.answer.outcomes() for name, each in requests.items()},
        )


def times_of(options: Sequence[str], named: Named, hours_a_day: float) -> dict[str, WorkingTimes]:
    """``--time STEP=1d..3d``: how long steps take.

    Args:
        hours_a_day: so many hours are a working day.

    Raises:
        InvalidInput: one names no step, or says no time.
    """
    found = {}
    for step, text in _pairs(options, "--time", named.steps, "step"):
        ends = [_days(each, hours_a_day) for each in text.split("..")]
        if not 1 <= len(ends) <= 2 or None in ends:
            raise InvalidInput(f"--time {step}: {text!r} is no time; write 2d, 4h or 1d..3d (days, hours)")
        low, high = ends[0] or 0.0, ends[-1] or 0.0
        if not low <= high <= MOST_DAYS:
            why = "begins with the longer time" if low > high else f"is longer than {MOST_DAYS:g} days"
            raise InvalidInput(f"--time {step}: {text!r} {why}")
        found[step] = WorkingTimes.between(low, high)
    return found


def officers_of(options: Sequence[str], option: str, named: Named) -> dict[str, Officers]:
    """``--officers AGENCY=+1`` or ``=3``: how many officers agencies get, or have.

    Raises:
        InvalidInput: one names no agency, or says no number.
    """
    found = {}
    for agency, text in _pairs(options, option, named.agencies, "agency"):
        if not re.fullmatch(r"[+-]?\d{1,6}", text) or text == "0":
            raise InvalidInput(f"{option} {agency}: {text!r} is no number of officers; write 3, +1 or -1")
        found[agency] = Officers(int(text), more=text[0] in "+-")
    return found


def batches_of(options: Sequence[str], named: Named) -> dict[str, frozenset[int]]:
    """``--batch STEP=mon,thu`` or ``=daily``: on which days of the week steps are taken up.

    Raises:
        InvalidInput: one names no step, or no days.
    """
    found = {}
    for step, text in _pairs(options, "--batch", named.steps, "step"):
        days = [] if text == "daily" else text.split(",")
        if unknown := [each for each in days if each not in WEEKDAYS]:
            known = ", ".join(WEEKDAYS)
            raise InvalidInput(f"--batch {step}: {unknown[0]!r} is no day; write some of {known}, or daily")
        found[step] = frozenset(map(WEEKDAYS.index, days))
    return found


def outcomes_of(options: Sequence[str], named: Named) -> dict[str, Shares]:
    """``--outcome STEP=refuse:5%``: how often outcomes come; what is left is the first one that is not named.

    Raises:
        InvalidInput: one names no step or no outcome, or they come more often than always.
    """
    found: dict[str, Shares] = {}
    for step, text in _pairs(options, "--outcome", list(named.outcomes), "step"):
        shares: dict[str, float] = {}
        for each in text.split(","):
            match = _SHARE.fullmatch(each)
            if match is None or match[1] not in named.outcomes[step]:
                known = ", ".join(named.outcomes[step])
                raise InvalidInput(
                    f"--outcome {step}: {each!r} is none; write refuse:5%, with one of: {known}"
                )
            shares[match[1]] = float(match[2]) / 100
        left = 1 - sum(shares.values())
        if left < -1e-9:
            raise InvalidInput(f"--outcome {step}: {text!r} is more than 100%")
        others = [each for each in named.outcomes[step] if each not in shares]
        if left > 1e-9 and not others:
            raise InvalidInput(f"--outcome {step}: {text!r} is less than 100%, and names every outcome")
        found[step] = shares | ({others[0]: left} if left > 1e-9 else {})
    return found


def load_of(text: str | None) -> float:
    """``--load +15%``: so many times as many applicants come.

    Raises:
        InvalidInput: it says no such share.
    """
    if text is None:
        return 1.0
    match = _LOAD.fullmatch(text)
    if match is None:
        raise InvalidInput(f"--load: {text!r} is no change; write +15%, -10% or 120%")
    share = float(match[2]) / 100
    factor = {"+": 1 + share, "-": 1 - share, "": share}[match[1]]
    if not 0 < factor <= 100:
        raise InvalidInput(f"--load: {text!r} leaves nobody, or is more than a hundred times as many")
    return factor


def hours_of_day(text: str) -> tuple[float, float]:
    """``--hours 9-17``: when an office opens and closes.

    Raises:
        InvalidInput: it says no such hours.
    """
    match = re.fullmatch(r"(\d{1,2}(?:\.\d+)?)-(\d{1,2}(?:\.\d+)?)", text)
    if match is None:
        raise InvalidInput(f"--hours: {text!r} are no hours; write 9-17")
    return float(match[1]), float(match[2])


def assumed_times(item: ServiceItem, law: LawVersion, hours_a_day: float) -> dict[str, WorkingTimes]:
    """What is assumed of how long steps take, where nobody knows: a part of their limit."""
    low, high = ASSUMED_SHARES
    found = {name: WorkingTimes.between(*ASSUMED_DAYS) for name in OF_APPLICANTS}
    for request in item.requests:
        days = _working_days(law.terms(request).limit, hours_a_day)
        found[request.local_name] = WorkingTimes.between(low * days, high * days)
    return found


def _working_days(limit: Limit, hours_a_day: float) -> float:
    return limit.count * (1 / hours_a_day if limit.unit == "hours" else _DAYS[limit.unit])


def _pairs(options: Sequence[str], option: str, known: Sequence[str], what: str) -> list[tuple[str, str]]:
    found = []
    for each in options:
        name, equals, value = each.partition("=")
        if not equals:
            raise InvalidInput(f"{option}: {each!r} names no value; write {what.upper()}=…")
        if name not in known:
            raise InvalidInput(f"{option}: there is no {what} {name!r}; there are: {', '.join(known)}")
        found.append((name, value.strip()))
    return found


def _days(text: str, hours_a_day: float) -> float | None:
    found = _TIME.fullmatch(text.strip())
    return None if found is None else float(found[1]) / (hours_a_day if found[2] == "h" else 1.0)
