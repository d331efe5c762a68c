"""How long the cases of a pilot take, beside its evidence; and whether the old way has changed since it
began."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from contracts.pilots import Arm
from contracts.terms.identifiers import CaseId
from seamless.rebuild.archived import log_of
from seamless.rebuild.durations import FEWEST, changed, means, whole_times
from seamless.rebuild.figures import Change, Duration
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import horizon_of, kaplan_meier


@dataclass(frozen=True)
class PilotTimes:
    """The whole times of a pilot's cases, in days, as restricted means with intervals of 95 %.

    An interval is for one look: who looks daily decides by :mod:`archive.pilots.evidence`.

    Attributes:
        means: of each arm, up to the same horizon; none where an arm has too few cases.
        difference: by how much the new way differs from the old one.
        before: cases of the old variant that were opened before the pilot, as they were known when it began.
        since: by how much the old arm differs from these. Where it does, the conditions have changed, or the
            new way slows or relieves the old one.
    """

    means: Mapping[Arm, Duration]
    difference: Change | None
    before: Duration | None
    since: Change | None


def pilot_times(
    db: Connection, procedure: str | None, arms: Mapping[CaseId, Arm], as_of: datetime
) -> PilotTimes:
    """The times of a pilot's cases, as they were known at an instant.

    Args:
        procedure: whose cases they are; None where there are none.
        arms: of each case that the pilot assigned.

    Raises:
        NoSteps: the archive is an older worker's.
    """
    nothing = PilotTimes({}, None, None, None)
    if procedure is None or not arms:
        return nothing
    log = log_of(db, procedure, as_of).as_seen(as_of)
    new = _chosen(log, {case for case, arm in arms.items() if arm == "new"})
    old = _chosen(log, {case for case, arm in arms.items() if arm == "old"})
    if not new.cases and not old.cases:
        return nothing
    begun = min(case.start for case in (*new.cases, *old.cases))
    earlier = log.as_seen(begun).started(until=begun)
    ways = {case.variant for case in old.cases}
    before = _chosen(earlier, {case.reference for case in earlier.cases if case.variant in ways})
    of_old, of_new, difference = _compared(old, new)
    was, _, since = _compared(before, old)
    by_arm: dict[Arm, Duration] = {"new": of_new, "old": of_old} if of_new and of_old else {}
    return PilotTimes(by_arm, difference, was, since)


def _chosen(log: EventLog, references: Collection[str]) -> EventLog:
    return replace(log, cases=tuple(case for case in log.cases if case.reference in references))


def _compared(first: EventLog, second: EventLog) -> tuple[Duration | None, Duration | None, Change | None]:
    """How long the cases of both take, up to a horizon that both were seen for, and by how much the second
    ones differ; nothing where either are too few."""
    if min(len(first.cases), len(second.cases)) < FEWEST:
        return None, None, None
    parts = [whole_times(log) for log in (first, second)]
    times, ended = (np.concatenate(each) for each in zip(*parts, strict=True))
    found = means((first, second), whole_times, horizon_of(kaplan_meier(times, ended)))
    (_, of_first), (_, of_second) = found
    return of_first, of_second, changed(found)
