"""What happened according to a log, compared with what the platform did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts.clock import clock_of, marks_of
from contracts.terms.calendar import Calendar, calendar
from contracts.terms.service_item import ServiceItem
from contracts.wire.ledger import LedgerEntry
from seamless.replay.limits import LimitFinding, judge_limit
from seamless.replay.log import Adapter, LoggedCase, LoggedStep


class Sent(NamedTuple):
    """One event of a log as it was sent, and what became of it.

    Attributes:
        key: what the ledger knows it by.
        refused: why the gateway refused it.
        lost: nothing was ever heard of it.
    """

    step: LoggedStep
    key: str
    refused: str | None = None
    lost: bool = False


class Difference(NamedTuple):
    """One thing that is not as the log has it."""

    kind: str
    detail: str


@dataclass
class Finding:
    """One replayed case, judged.

    Attributes:
        flags: by code, what the platform marked it with for an officer to look at, and what was noticed of
            its rows.
        figures: the adapter's.
        limit: its limit in the log and by its clock; None where the log has none, or it was not opened.
    """

    reference: str
    case: str
    outcome: str
    log: list[str]
    platform: list[str]
    flags: Counter[str]
    differences: list[Difference] = field(default_factory=list)
    figures: Mapping[str, int] = field(default_factory=dict)
    limit: LimitFinding | None = None

    def line(self) -> dict[str, Any]:
        """The finding as one JSON object."""
        return {
            "reference": self.reference,
            "case": self.case,
            "outcome": self.outcome,
            **self.figures,
            **({"limit": self.limit.json()} if self.limit else {}),
            "flags": dict(sorted(self.flags.items())),
            "differences": [each._asdict() for each in self.differences],
            "log": self.log,
            "platform": self.platform,
        }


def judge(
    logged: LoggedCase,
    case: str,
    sent: Sequence[Sent],
    entries: Sequence[LedgerEntry],
    item: ServiceItem,
    adapter: Adapter,
) -> Finding:
    """Compare a case of the log with its ledger, step by step, by the days of the authority."""
    days = calendar(adapter.calendar)
    marks = Counter(entry.outcome for entry in entries if entry.kind == "marked" and entry.outcome)
    told = [(each.step.time, each.step.activity) for each in sent if each.step.counts]
    told += [(act.time, act.activity) for act in logged.acts]
    if logged.opening:
        told.insert(0, (logged.received, logged.opening))
    return Finding(
        reference=logged.reference,
        case=case,
        outcome=adapter.outcome_of(entries),
        log=[f"{days.day(at)} {activity}" for at, activity in sorted(told, key=lambda each: each[0])],
        platform=[_told(entry, days) for entry in entries if entry.kind != "waiting"],
        flags=Counter({code: count for code, count in marks.items() if code in item.flags})
        + Counter(logged.noticed),
        differences=[
            *_of_events(sent, entries, days),
            *_of_acts(logged, entries, adapter, days),
            *_of_the_end(logged, entries),
        ],
        figures=adapter.figures(entries),
        limit=_limit(logged, entries, item),
    )


def _limit(logged: LoggedCase, entries: Sequence[LedgerEntry], item: ServiceItem) -> LimitFinding | None:
    if logged.limit is None or not entries:
        return None
    clock = clock_of(marks_of(entries))
    return judge_limit(logged.limit, clock, item.law(entries[0].law).extensions)


def _told(entry: LedgerEntry, days: Calendar) -> str:
    return " ".join(filter(None, (str(days.day(entry.recorded)), entry.kind, entry.outcome, entry.reason)))


def _of_events(sent: Sequence[Sent], entries: Sequence[LedgerEntry], days: Calendar) -> Iterator[Difference]:
    """Whether each event took effect, on its day."""
    by_cause = {entry.cause: entry for entry in entries if entry.cause}
    for each in sent:
        what = f"{each.step.activity} of {days.day(each.step.time)}"
        entry = by_cause.get(each.key)
        if each.lost:
            yield Difference("event-lost", what)
        elif each.refused or entry is None:
            yield Difference("event-refused", f"{what}: {each.refused}")
        elif entry.kind == "refused":
            yield Difference("event-refused", f"{what}: {entry.reason}")
        elif days.day(entry.recorded) != days.day(each.step.time):
            yield Difference("event-on-another-day", f"{what}: {days.day(entry.recorded)}")


def _of_acts(
    logged: LoggedCase, entries: Sequence[LedgerEntry], adapter: Adapter, days: Calendar
) -> Iterator[Difference]:
    """Whether the platform did by itself what the log says, on the same days, and nothing else."""
    for name, (kind, reason) in adapter.acts.items():
        recorded = [days.day(act.time) for act in logged.acts if act.name == name]
        done = [days.day(each.recorded) for each in entries if (each.kind, each.reason) == (kind, reason)]
        for one, other in zip(recorded, done, strict=False):
            if one != other:
                yield Difference(f"{name}-on-another-day", f"{one} in the log, {other} here")
        for day in recorded[len(done) :]:
            yield Difference(f"{name}-missing-in-case", f"{day} in the log")
        for day in done[len(recorded) :]:
            yield Difference(f"{name}-missing-in-log", f"{day} here")


def _of_the_end(logged: LoggedCase, entries: Sequence[LedgerEntry]) -> Iterator[Difference]:
    closed = any(entry.kind == "closed" for entry in entries)
    if logged.closes != closed:
        yield Difference(
            "open-in-case" if logged.closes else "open-in-log", "the log's end and the case's differ"
        )
