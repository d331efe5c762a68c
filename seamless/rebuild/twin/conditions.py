"""What a world of the twin is made of, beside the workflow code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.terms.directory import Directory
from contracts.terms.law import LawVersion
from contracts.terms.values import Statement
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.arrivals import Arrivals
from seamless.rebuild.twin.hours import Hours
from seamless.rebuild.twin.living import Class

Shares = Mapping[str, float]
"""By outcome, how often it comes."""


@dataclass(frozen=True)
class Working:
    """How the work is done, whatever the way of working.

    Attributes:
        times: by activity, how long it takes: of an agency in working days, of an applicant in days.
        outcomes: by activity, how often each outcome comes; without one, always the ordinary one.
        officers: by agency, how many; None: as many as are needed, and its times hold the waiting, too.
        batches: the activities that are taken up on certain days of the week only, Monday being 0.
    """

    times: Mapping[str, WorkingTimes] = field(default_factory=dict)
    outcomes: Mapping[str, Shares] = field(default_factory=dict)
    officers: Mapping[str, int | None] = field(default_factory=dict)
    batches: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Conditions:
    """One world.

    Attributes:
        procedure, law: the way of working, and its rules.
        applications: what is applied for; each case has one of them.
        calendar: the version that cases count their limits with.
        hours: when agencies work.
        first: when its first day begins, in seconds since 1970.
    """

    procedure: Class
    law: LawVersion
    applications: tuple[Statement, ...]
    directory: Directory
    calendar: str
    hours: Hours
    arrivals: Arrivals
    working: Working
    first: float
