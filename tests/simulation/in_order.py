"""Whether events of one partition took effect in their order.

An event overtakes an earlier one of its partition only where the broker's clock stepped back over an instant
at which something of the case was due: what is stamped before an end is in time, and what is stamped after it
waits for it ("one sequence by time", docs/authoring.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from contracts.terms.calendar import Calendar, LegalCalendar, calendar_of_case
from contracts.terms.requests import REQUESTS
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Requested
from tests.simulation.plan import Plan
from tests.simulation.town import Said
from workflows.case.ladder import schedule

UNDATED = frozenset({"reminded", "warned", "calendar"})
"""Entries of what was due at an instant that they do not tell."""


def overtaken(
    plan: Plan,
    entries: Sequence[LedgerEntry],
    lane: Sequence[Said],
    moved: Mapping[str, datetime | None],
) -> Iterator[str]:
    """What took effect before what was in front of it.

    Args:
        lane: what took effect, of one partition, each once.
        moved: by entry, to when the binding end of a step has moved.
    """
    # What is late waits until its fence says so; meanwhile others take effect.
    effects = {entry.cause: entry for entry in entries if entry.kind != "late"}
    came = [said for said in sorted(lane, key=lambda said: said.record.offset) if said.event.key in effects]
    for one, other in pairwise(came):
        first, second = effects[other.event.key].sequence, effects[one.event.key].sequence
        if first > second:
            continue
        began, ended = _stamp(other), _stamp(one)
        between = entries[first - 1 : second]
        undated = began < ended and any(each.kind in UNDATED for each in between)
        due = (each for each in _due(plan, entries, moved) if each is not None)
        if not undated and not any(began < each <= ended for each in due):
            yield f"{entries[0].case}: {other.record} took effect before {one.record}"


def _stamp(said: Said) -> datetime:
    return datetime.fromtimestamp(said.record.timestamp / 1000, UTC)


def _due(
    plan: Plan, entries: Sequence[LedgerEntry], moved: Mapping[str, datetime | None]
) -> Iterator[datetime | None]:
    """The instants at which something of the case was due, if it was still open then: also a reminder that
    nobody got, since the answer came first."""
    law = plan.played.item.law(entries[0].law)
    yield from moved.values()
    for entry in entries:
        content = entry.data.content if entry.data else {}
        yield entry.due
        if "until" in content:
            yield datetime.fromisoformat(content["until"])
        if entry.kind in ("requested", "referred"):
            asked = Requested.model_validate(content)
            yield asked.binding_end
            terms = law.terms(REQUESTS[asked.request])
            for days in _calendars(plan, entries):
                _, rungs = schedule(days, entry.recorded, terms.limit, terms.overdue, counting=law.counting)
                yield from (each.at for each in rungs)
        if (mark := entry.clock) is not None:
            yield from (mark.due, mark.promised_due)
            limits = [each for each in (law.statutory, law.promised) if each and mark.does == "start"]
            for days in _calendars(plan, entries):
                shares = [each.share(law.warn_at) for each in limits]
                yield from (days.due(mark.at, each, counting=law.counting).at for each in shares)


def _calendars(plan: Plan, entries: Sequence[LedgerEntry]) -> Iterator[Calendar]:
    """The calendars by which the case counted."""
    later = {days.name: days for _, days in plan.calendars}
    for name in dict.fromkeys(entry.calendar for entry in entries if entry.calendar):
        if name in later:
            yield LegalCalendar(later[name])
        else:
            yield calendar_of_case(name, entries[0].received)
