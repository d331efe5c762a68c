"""What has to be true of a case by its law after a run: its version, its limits, what follows from them.

The figures here are counted from the law's text, not by the platform's own functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from contracts.procedures.environmental_permit import ENVIRONMENTAL_PERMIT
from contracts.procedures.tree_felling import TREE_FELLING
from contracts.terms.calendar_days import CalendarDays
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered, ApplicantWithdrew, CaseDue
from tests.simulation.days import day_of, published
from tests.simulation.plan import Plan
from tests.simulation.town import Said

IN_FORCE = {
    TREE_FELLING.procedure: [("2017", date.min), ("2026", date(2026, 5, 1))],
    ENVIRONMENTAL_PERMIT.procedure: [("wabo-2010", date.min), ("omgevingswet-2024", date(2024, 1, 1))],
}
"""The law versions of a procedure, each with its first day."""

WORKING_DAYS = {
    ("2017", "tree-felling.inspect-tree"): 10,
    ("2026", "tree-felling.inspect-tree"): 5,
    ("2017", "statutory"): 20,
    ("2026", "statutory"): 15,
    ("wabo-2010", "environmental-permit.take-in"): 2,
    ("omgevingswet-2024", "environmental-permit.assess"): 5,
}
"""How long a limit is, by law version."""

WEEKS = {"wabo-2010": 8, "omgevingswet-2024": 8}
EXTENSION_WEEKS = 6
SILENCE_GRANTS = {"wabo-2010"}
PENALTY_LAWS = {"omgevingswet-2024"}
PENALTY = [Decimal(23)] * 14 + [Decimal(35)] * 14 + [Decimal(45)] * 14
"""What is owed for each day, once two weeks have passed since notice of default (Awb art. 4:17(2))."""

TWO_WEEKS = 14
TAKEN = {"received", "answered", "supplemented", "paid", "withdrawn"}
"""What events come to that take effect."""


@dataclass(frozen=True)
class Heard:
    """What the broker has of a case, and the platform may take."""

    said: Sequence[Said]

    def withdrawals(self) -> list[Said]:
        """That the applicant withdrew."""
        return [each for each in self.said if each.event.type == ApplicantWithdrew.type]

    def decisions(self, requests: Iterable[str]) -> list[Said]:
        """The answers by which an officer decides, to requests that were open."""
        asked = set(requests)
        return [
            each
            for each in self.said
            if each.event.type == Answered.type
            and each.event.requestid in asked
            and each.event.data["answer"]["outcome"] in ("grant", "refuse")
        ]


def versions(plan: Plan, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """A case has the law of the day on which the broker received its application, and keeps it."""
    first = entries[0]
    if not (in_force := IN_FORCE.get(first.procedure)):
        return
    if plan.first_day is not None:
        day = day_of(first.received, plan.first_day)
        expected = [law for law, since in in_force if since <= day][-1]
        if first.law != expected:
            yield f"{first.case}: handed in on {day} and opened under {first.law}"
    if len({(each.law, each.variant) for each in entries}) != 1:
        yield f"{first.case}: it changed its law version or its variant"
    wanted = plan.variant if plan.variant in plan.played.item.law(first.law).variants else "standard"
    if first.variant != wanted:
        yield f"{first.case}: opened as {first.variant}, not as {wanted}"
    for entry in entries:
        fee = plan.played.fees.get(first.law)
        if entry.kind == "fee-due" and entry.fee_charged and str(entry.fee_charged.amount) != fee:
            yield f"{first.case}: by {first.law} {fee} is to be paid, not {entry.fee_charged.amount}"


def ends(plan: Plan, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """What was to last so many working days ends with the last of them, by the days that hold then."""
    if plan.first_day is None:
        return
    calendars = {each.name: each for _, each in plan.calendars}
    days = published(plan.played.calendars)
    for entry in entries:
        if entry.kind == "calendar":
            days = calendars[entry.outcome or ""]
        name = (entry.step or "").rpartition("/")[0]
        if entry.kind == "requested" and (count := WORKING_DAYS.get((entry.law, name))):
            yield from _ends(entry, entry.due, entry.recorded, count, days, plan.first_day)
        elif entry.clock and entry.clock.does == "start" and (entry.law, "statutory") in WORKING_DAYS:
            count = WORKING_DAYS[entry.law, "statutory"]
            yield from _ends(entry, entry.clock.due, entry.clock.at, count, days, plan.first_day)


def _ends(
    entry: LedgerEntry, due: datetime | None, began: datetime, count: int, days: CalendarDays, first: date
) -> Iterator[str]:
    last = day_of(began, first)
    while count:
        last += timedelta(days=1)
        count -= _worked(last, days)
    if due is None or day_of(due, first) != last + timedelta(days=1):
        yield f"{entry.case}: {entry.kind} {entry.step} ends {due}, and its last day is {last}"


def weeks(plan: Plan, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """The statutory limit in weeks ends after as many days as it has, and as many as were suspended as a
    whole; or with the next working day (Algemene termijnenwet art. 1)."""
    if plan.first_day is None or entries[0].law not in WEEKS:
        return
    calendars = {each.name: each for _, each in plan.calendars}
    days, first = published(plan.played.calendars), plan.first_day
    began: date | None = None
    count, since, still = 0, entries[0].received, set[date]()
    for entry in entries:
        mark = entry.clock
        if entry.kind == "calendar":
            days = calendars[entry.outcome or ""]
        if mark is None:
            continue
        if mark.does == "stop":  # it is decided: the limit was kept or not
            return
        match mark.does:
            case "start":
                began, count = day_of(mark.at, first), 7 * WEEKS[entry.law]
            case "suspend":
                since = mark.at
            case "resume":
                still |= _whole_days(since, mark.at, first)
            case "extend":
                count += 7 * EXTENSION_WEEKS
        if began is None or mark.does == "suspend" or mark.due is None:
            continue
        last, left = began, count
        while left:
            last += timedelta(days=1)
            left -= last not in still
        while not _worked(last, days):
            last += timedelta(days=1)
        if day_of(mark.due, first) != last + timedelta(days=1):
            yield f"{entry.case}: {mark.does}: the limit ends {mark.due}, and its last day is {last}"


def _whole_days(began: datetime, ended: datetime, first: date) -> set[date]:
    """The days that lie between two instants as a whole."""
    last = day_of(ended, first)
    day = day_of(began, first)
    if day_of(began - timedelta(microseconds=1), first) == day:  # it began before
        day += timedelta(days=1)
    return {day + timedelta(days=number) for number in range((last - day).days)}


def _worked(day: date, days: CalendarDays) -> bool:
    return day in days.worked_weekends or (day.weekday() < 5 and day not in days.holidays)


def silence(entries: Sequence[LedgerEntry], heard: Heard, *, undisturbed: bool) -> Iterator[str]:
    """Silence decides a case at its end only where there was silence; and what comes later changes nothing.

    Args:
        undisturbed: nothing has held a consequence back, and no clock was wrong.
    """
    end: datetime | None = None
    asked: dict[str, datetime] = {}
    for entry in entries:
        if entry.kind == "requested" and (entry.step or "").startswith("environmental-permit.take-decision"):
            asked[entry.request or ""] = entry.recorded
        if entry.kind == "decided":
            if end is not None and entry.data and entry.data.content["decision"].get("deemed"):
                yield from _not_silent(entry, end, heard, asked)
            return
        late = entry.kind == "withdrawn" and end is not None and entry.received >= end
        if late and undisturbed and entry.law in SILENCE_GRANTS:
            yield f"{entry.case}: was withdrawn at {entry.received}, after silence had granted it at {end}"
        if entry.clock is not None:
            end = entry.clock.due


def _not_silent(entry: LedgerEntry, end: datetime, heard: Heard, asked: dict[str, datetime]) -> Iterator[str]:
    for said in [*heard.withdrawals(), *heard.decisions(asked)]:
        stamp = said.record.timestamp / 1000
        if stamp < end.timestamp() and said.record.appended < end:
            yield f"{entry.case}: silence decided it at {end} though {said.record} was there in time"


def told(entries: Sequence[LedgerEntry], moved: Mapping[str, CaseDue]) -> Iterator[str]:
    """A limit that runs out is never passed over: a warning, and that it is over, before what comes later.

    Where an end was past already when it was counted again, an entry says until when what follows is held;
    who decides by then is not late. "A limit that has passed does not pass a second time" (docs/operating.md,
    Calendars): where it is counted again after that, the lead agency is told its new end with the calendar.

    Args:
        moved: by the entry of a calendar, what the lead agency was told of the statutory limit.
    """
    end: datetime | None = None
    held: datetime | None = None
    said: list[tuple[str, datetime | None]] = []
    for entry in entries:
        if (
            entry.kind == "held"
            and entry.step == "statutory"
            and entry.data
            and "until" in entry.data.content
        ):
            held = datetime.fromisoformat(entry.data.content["until"])
        if entry.kind in ("warned", "overdue") and entry.outcome == "statutory":
            said.append((entry.kind, entry.due))
        if entry.kind == "decided" and entry.clock is not None and end is not None:
            late = entry.clock.at > max(end, held or end)
            if late and entry.outcome != "withdrawn" and ("overdue", end) not in said:
                yield f"{entry.case}: decided at {entry.clock.at}, and nobody was told that {end} was over"
        if entry.clock is not None and entry.clock.due != end:
            again = moved.get(entry.id)
            if again and again.due == entry.clock.due and ("overdue", end) in said:
                said.append(("overdue", again.due))
            end, held = entry.clock.due, None
        if (now := moved.get(entry.id)) and now.overdue != (now.due <= entry.recorded):
            yield f"{entry.case}: at {entry.recorded} the end at {now.due} is told as overdue={now.overdue}"
    kinds = [kind for kind, _ in said]
    if "overdue" in kinds and "warned" not in kinds[: kinds.index("overdue")]:
        yield f"{entries[0].case}: its limit was over without a warning"


def penalty(plan: Plan, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """What the authority owes for a late decision: so much a day, from two weeks after notice of default."""
    noticed = next((each for each in entries if each.kind == "default-noticed"), None)
    decided = next((each.clock.at for each in entries if each.kind == "decided" and each.clock), None)
    owed = [each.penalty.amount for each in entries if each.kind == "penalty-due" and each.penalty]
    if noticed is not None and noticed.law not in PENALTY_LAWS:
        yield f"{noticed.case}: {noticed.law} has no penalty payment"
    if noticed is None or decided is None or plan.first_day is None:
        if owed and noticed is None:
            yield f"{entries[0].case}: a penalty payment without notice of default"
        return
    first = day_of(noticed.received, plan.first_day) + timedelta(days=TWO_WEEKS + 1)
    days = (day_of(decided, plan.first_day) - first).days
    expected = sum(PENALTY[: max(0, days)], Decimal(0))
    if sum(owed, Decimal(0)) != expected:
        yield f"{noticed.case}: owes {owed} for {days} days, and by the law {expected}"


def calendars(
    plan: Plan, entries: Sequence[LedgerEntry], told: dict[str, datetime], tried: Sequence[str]
) -> Iterator[str]:
    """Whoever was told of a calendar counts with it, once, the latest last; at the latest when an event takes
    effect that came after the case was awake with it. What was over before goes first, and may be the end.

    Args:
        told: when Temporal had taken it for the case, by version.
        tried: the versions of which it may have heard, in their order: those it was told of, and those of
            which the reply was lost.
    """
    has = [each.outcome for each in entries if each.kind == "calendar"]
    if len(set(has)) != len(has) or [name for name in tried if name in has] != has:
        yield f"{entries[0].case}: told of {tried}, and counts anew by {has}"
    for name, at in told.items():
        awake = next((each.recorded for each in entries if each.recorded >= at), None)
        later = awake and [each for each in entries if each.kind in TAKEN and each.received > awake]
        if later and name not in has:
            yield f"{entries[0].case}: {later[0].kind} came after {name}, by which it does not count"
