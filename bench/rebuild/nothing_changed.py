"""How often two neighbouring windows are called different on a log in which nothing is known to have changed:
by the ordinary test, and by ``seamless rebuild compare``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from bench.rebuild.goals import Goal
from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import EventLog
from seamless.rebuild.placebo import Compared, compare
from seamless.rebuild.windows import Length

PLACES = 2
"""So many places for each length of a window."""


def nothing_changed(log: EventLog, each: Length) -> Iterator[Goal]:
    """What is said at every place of a log."""
    found: list[Compared] = []
    at, step = log.cases[0].start + timedelta(days=each.days), timedelta(days=each.days / PLACES)
    while at < log.as_of:
        with suppress(InvalidInput):  # its windows are not in the log, or have too few cases
            found.append(compare(log, at, length=each))
        at += step
    verdicts = Counter(one.verdict for one in found)
    if found:
        ordinary = sum(one.change.differs for one in found) / len(found)
        told = ", ".join(f"{name} {count / len(found):.0%}" for name, count in sorted(verdicts.items()))
        name = f"{log.name}, {len(found)} places where nothing changed, windows of {each}"
        yield Goal(
            name, "", f"compare says: {told}", True, f"“significant” by the ordinary test {ordinary:.0%}"
        )
