"""Two periods compared, and beside it how often such a difference appears where nothing changed.

The ordinary test takes cases for independent of one another. They are not: neighbouring cases share a
season, a backlog, an officer on leave. So it finds differences where there are none, in many windows of real
logs. The same comparison at other places of the same log, where nothing is known to have changed (placebo),
shows what such a difference is worth (Abadie, Diamond and Hainmueller 2015: in-time placebo).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np

from contracts.terms.errors import InvalidInput
from seamless.rebuild.durations import days, duration
from seamless.rebuild.figures import Change, Duration, Figure
from seamless.rebuild.log import EventLog, ends_unknown
from seamless.rebuild.measuring import horizon_for
from seamless.rebuild.survival import Days, Estimate, Flags, change, kaplan_meier, within
from seamless.rebuild.windows import Length, usual

ENOUGH = 10
"""A window of fewer cases is not compared."""

PLACES = 12
"""A window is moved along the log by this part of its length, so that no place is left out."""

APART = 4
"""If fewer pairs share no case, nobody knows what is usual."""

OFTEN = 2 * (APART + 2)
"""A window is as long as fits into the log so many times, unless a person says it: then so many pairs share
no case, the one that is compared and the ends of the log aside."""

SELDOM = 0.05
"""What appears no more often than this where nothing changed is seldom."""

Verdict = Literal["seldom", "largest", "usual", "not-known"]
"""How often such a difference appears where nothing changed: seldom; nowhere, but there are too few places
that share no case to call it seldom; often enough to be nothing; there are too few places."""


class Placebo(Figure):
    """The same comparison at places where nothing is known to have changed.

    Attributes:
        pairs: how many places; ``apart`` of them share no case with one another.
        as_large: in how many the difference is at least so large, in either direction.
        chance: how often that is, at least 1 of ``apart`` + 1, since fewer cannot be told apart.
        significant: the share that the ordinary test calls a difference.
        low, high: 95 % of the differences lie between.
    """

    pairs: int
    apart: int
    as_large: int
    chance: float
    significant: float
    low: float
    high: float


class Compared(Figure):
    """Two periods.

    Attributes:
        at: where they meet.
        window: how long each is.
        horizon: the days up to which each case counts.
        before, after: how long the cases took that started in each; open ones count.
        change: by how much the mean differs; its interval is the ordinary one, which deceives.
        placebo: None where there is no other place.
    """

    name: str
    as_of: datetime
    at: datetime
    window: str
    since: datetime
    until: datetime
    horizon: float
    before: Duration
    after: Duration
    change: Change
    placebo: Placebo | None
    verdict: Verdict


class Times(NamedTuple):
    """The cases of a log, in days after its first one.

    Attributes:
        starts, ends: infinite where a case has not ended.
        as_of: until when they were seen.
    """

    starts: Days
    ends: Days
    as_of: float

    @classmethod
    def of(cls, log: EventLog) -> Times:
        """Those of a log."""
        first = log.cases[0].start
        ends = [days(case.end - first) if case.end is not None else np.inf for case in log.cases]
        starts = [days(case.start - first) for case in log.cases]
        return cls(np.array(starts, np.float64), np.array(ends, np.float64), days(log.as_of - first))

    def took(self, since: float, until: float, seen: float) -> tuple[Days, Flags, Days]:
        """How long the cases took that started between two days, as seen on a third: times, whether they had
        ended, and for how long each was seen."""
        low, high = np.searchsorted(self.starts, [since, until])
        starts, ends = self.starts[low:high], self.ends[low:high]
        return np.maximum(0.0, np.minimum(ends, seen) - starts), ends <= seen, seen - starts


class Pair(NamedTuple):
    """Two neighbouring windows that meet on a day, and by how much the second one differs."""

    at: float
    change: Estimate


def compare(
    log: EventLog, at: datetime, *, length: Length | None = None, horizon: float | None = None
) -> Compared:
    """Compare the cases that started in the window before an instant with those in the window after it.

    Args:
        length: how long the windows are: :data:`OFTEN` of them fit into the log, unless given.
        horizon: the days up to which a case counts; it is shortened to what was seen of both windows.

    Raises:
        InvalidInput: the windows do not lie in the log, have too few cases, or the log does not say when a
            case ends; says what to give.
    """
    if not log.cases:
        raise InvalidInput(f"{log.name}: it has no case in that time; give another --since or --until")
    if log.ends == "unknown":
        raise InvalidInput(ends_unknown(log))
    each, first = length or usual(log, OFTEN), log.cases[0].start
    since, until = _around(log, at, each)
    times, meet = Times.of(log), days(at - first)
    span = (days(at - since), days(until - at))
    parts = [times.took(meet - span[0], meet, times.as_of), times.took(meet, meet + span[1], times.as_of)]
    for (took, _, _), where in zip(parts, ("before", "after"), strict=True):
        if len(took) < ENOUGH:
            raise InvalidInput(
                f"--window {each}: {len(took)} cases started in the window {where} {at:%Y-%m-%d}, and "
                f"{ENOUGH} are the fewest that say something; give a longer one"
            )
    counted = within(horizon or horizon_for(log), *(seen for _, _, seen in parts))
    before, after = (duration(took, ended, counted, drawn=True) for took, ended, _ in parts)
    found = _change(parts[0], parts[1], counted)
    assert before is not None
    assert after is not None
    if found is None:
        raise InvalidInput(f"{log.name}: before {at:%Y-%m-%d} no case took any time; give another --at")
    told = Change.by(found)
    assert told is not None
    pairs = list(placebos(times, max(span), counted, not_at=meet))
    placebo = _placebo(pairs, max(span), abs(found.value)) if pairs else None
    return Compared(
        name=log.name,
        as_of=log.as_of,
        at=at,
        window=str(each),
        since=since,
        until=until,
        horizon=counted,
        before=before,
        after=after,
        change=told,
        placebo=placebo,
        verdict=_verdict(placebo),
    )


def _around(log: EventLog, at: datetime, each: Length) -> tuple[datetime, datetime]:
    """The beginning of the window before an instant, and the end of the one after it."""
    first, last = log.cases[0].start, log.as_of
    if not first < at <= last:
        raise InvalidInput(
            f"--at {at:%Y-%m-%d}: {log.name} has cases from {first:%Y-%m-%d} on, and ends on "
            f"{last:%Y-%m-%d}; give a day between them"
        )
    try:
        since, until = each.after(at, -1), each.after(at)
    except OverflowError:
        raise InvalidInput(f"--window {each}: no calendar has so many days; give a shorter one") from None
    day = timedelta(days=1)
    if since < first - day or until > last + day:
        where = "before" if since < first - day else "after"
        raise InvalidInput(
            f"--at {at:%Y-%m-%d}: {log.name} has less than {each} {where} it, from {first:%Y-%m-%d} to "
            f"{last:%Y-%m-%d}; give a shorter --window, such as 30d, or another day"
        )
    return since, until


def placebos(times: Times, span: float, horizon: float, *, not_at: float | None = None) -> Iterator[Pair]:
    """All pairs of neighbouring windows in which nothing is known to have changed.

    Each is seen for no longer after its meeting than the pair that is compared was, so that as many of its
    cases are open; those that were not seen up to the horizon are no pairs.

    Args:
        span: how long each window is, in days.
        not_at: when something changed; no window holds it.
    """
    lag = times.as_of - not_at if not_at is not None else np.inf
    step, begin = span / PLACES, (not_at % (span / PLACES) if not_at is not None else 0.0)
    for at in np.arange(begin, times.as_of, step):
        if at - span < 0 or at + span > times.as_of:
            continue
        if not_at is not None and not_at - span < at < not_at + span:
            continue
        seen = min(times.as_of, at + lag)
        before, after = times.took(at - span, at, seen), times.took(at, at + span, seen)
        if min(len(before[0]), len(after[0])) < ENOUGH or within(horizon, before[2], after[2]) < horizon:
            continue
        found = _change(before, after, horizon)
        if found is not None:
            yield Pair(float(at), found)


def _change(
    before: tuple[Days, Flags, Days], after: tuple[Days, Flags, Days], horizon: float
) -> Estimate | None:
    return change(*(kaplan_meier(took, ended).restricted_mean(horizon) for took, ended, _ in (before, after)))


def apart(pairs: Sequence[Pair], span: float) -> int:
    """How many pairs, at most, share no case with one another."""
    count, free = 0, -np.inf
    for pair in pairs:
        if pair.at - span >= free - 1e-9:
            count, free = count + 1, pair.at + span
    return count


def _placebo(pairs: Sequence[Pair], span: float, large: float) -> Placebo:
    values = np.array([pair.change.value for pair in pairs], np.float64)
    alone = apart(pairs, span)
    as_large = int((np.abs(values) >= large).sum())
    low, high = np.quantile(values, [0.025, 0.975])
    return Placebo(
        pairs=len(pairs),
        apart=alone,
        as_large=as_large,
        chance=max((as_large + 1) / (len(pairs) + 1), 1 / (alone + 1)),
        significant=float(np.mean([not pair.change.low <= 0 <= pair.change.high for pair in pairs])),
        low=float(low),
        high=float(high),
    )


def _verdict(placebo: Placebo | None) -> Verdict:
    if placebo is None or placebo.apart < APART:
        return "not-known"
    if placebo.chance <= SELDOM:
        return "seldom"
    return "usual" if placebo.as_large else "largest"
