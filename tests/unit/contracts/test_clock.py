"""Properties of counting time: of due dates, of what has counted, and of who had a case.

What counts is counted here day by day, in another way than the code counts it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clock import clock_of, intervals, marks_of
from contracts.terms.calendar import LegalCalendar, Stretch, calendar
from contracts.terms.clock_marks import ClockMark
from contracts.terms.identifiers import PLATFORM, CaseId, Party, ProcedureId
from contracts.terms.limits import (
    AS_IT_FALLS,
    TERMIJNENWET,
    Counting,
    Limit,
    Unit,
    calendar_days,
    hours,
)
from contracts.wire.ledger import GENESIS, Kind, LedgerEntry

LEGAL = [cast(LegalCalendar, calendar(name)) for name in ("cn-2026.1", "nl-2026.1", "it-2026.1")]
COMPRESSED = [calendar("compressed:10"), calendar("compressed:0.7")]
SAME_DAY = Counting(basis="the first day counts, too", first_day="same")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EPOCH = datetime(2024, 2, 20, tzinfo=UTC)
"""Before a leap day, summer time in Europe and the Spring Festival; what follows has two of each."""

minutes = st.integers(0, 600 * 24 * 60)
starts = minutes.map(lambda count: EPOCH + timedelta(minutes=count))
units: st.SearchStrategy[Unit] = st.sampled_from(["working-days", "days", "weeks", "months", "hours"])
countings = st.sampled_from([AS_IT_FALLS, SAME_DAY])
MOST = {"working-days": 60, "days": 120, "weeks": 16, "months": 7, "hours": 1200}


@st.composite
def limits(draw: st.DrawFn, of: st.SearchStrategy[Unit] = units) -> Limit:
    unit = draw(of)
    return Limit(count=draw(st.integers(1, MOST[unit])), unit=unit)


@st.composite
def stretches(draw: st.DrawFn, near: datetime = EPOCH) -> list[Stretch]:
    """Some stretches after an instant; they may overlap, touch, or be empty."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        began = near + timedelta(minutes=draw(st.integers(-20_000, 100_000)))
        found.append(Stretch(began, began + timedelta(minutes=draw(st.integers(0, 30_000)))))
    return found


# --- counted in another way ------------------------------------------------------------------------------


def worked(of: LegalCalendar, day: date) -> bool:
    weekend = day.isoweekday() in (6, 7)
    return day in of.days.worked_weekends if weekend else day not in of.days.holidays


def stood_still(of: LegalCalendar, day: date, stopped: Sequence[Stretch]) -> bool:
    """Whether no instant of a day was outside the stretches."""
    at = datetime.combine(day, time(), of.zone).astimezone(UTC)
    end = datetime.combine(day + DAY, time(), of.zone).astimezone(UTC)
    while at < end:
        later = [stretch.ended for stretch in stopped if stretch.began <= at < stretch.ended]
        if not later:
            return False
        at = max(later)
    return True


def day_by_day(
    of: LegalCalendar, start: datetime, limit: Limit, counting: Counting, stopped: Sequence[Stretch]
) -> date:
    """The last day of one limit, as it falls."""
    first = start.astimezone(of.zone).date()
    if counting.first_day == "same":
        first -= DAY
    wanted = limit.count
    if limit.unit == "weeks":
        wanted *= 7
    if limit.unit == "months":
        wanted = (month_by_month(first, limit.count) - first).days
    day, counted = first, 0
    while counted < wanted:
        day += DAY
        if (limit.unit != "working-days" or worked(of, day)) and not stood_still(of, day, stopped):
            counted += 1
    return day


def month_by_month(day: date, count: int) -> date:
    year, month = day.year, day.month
    for _ in range(count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def midnight_after(of: LegalCalendar, day: date) -> datetime:
    return datetime.combine(day + DAY, time(), of.zone).astimezone(UTC)


in_days: st.SearchStrategy[Unit] = st.sampled_from(["working-days", "days", "weeks", "months"])


@given(of=st.sampled_from(LEGAL), start=starts, limit=limits(in_days), counting=countings, data=st.data())
def test_a_limit_ends_when_its_days_have_passed_one_by_one(
    of: LegalCalendar, start: datetime, limit: Limit, counting: Counting, data: st.DataObject
) -> None:
    """Days that stood still as a whole never count; the others do."""
    stopped = data.draw(stretches(start))
    last = day_by_day(of, start, limit, counting, stopped)
    assert of.due(start, limit, counting=counting, stopped=stopped).at == midnight_after(of, last)


@given(of=st.sampled_from(LEGAL), start=starts, chain=st.lists(limits(in_days), min_size=1, max_size=3))
def test_limits_that_follow_one_another_begin_where_the_one_before_ends(
    of: LegalCalendar, start: datetime, chain: list[Limit]
) -> None:
    end = start
    for limit in chain:
        end = of.due(end, limit).at - timedelta(microseconds=1)
    assert of.due(start, *chain).at == end + timedelta(microseconds=1)


@given(of=st.sampled_from(LEGAL), start=starts, count=st.integers(1, 12), times=st.integers(1, 3))
def test_only_the_last_of_them_moves_to_a_working_day(
    of: LegalCalendar, start: datetime, count: int, times: int
) -> None:
    """Also where they are one and the same limit."""
    limit = calendar_days(count)
    last = start.astimezone(of.zone).date() + count * times * DAY
    while not worked(of, last):
        last += DAY
    assert of.due(start, *[limit] * times, counting=TERMIJNENWET).at == midnight_after(of, last)


@given(of=st.sampled_from(LEGAL), start=starts, count=st.integers(1, 1200), data=st.data())
def test_hours_are_true_hours_also_when_summer_time_begins_or_ends(
    of: LegalCalendar, start: datetime, count: int, data: st.DataObject
) -> None:
    """However the start is told."""
    stopped = data.draw(stretches(start))
    due = of.due(start, hours(count), stopped=stopped).at
    assert of.due(start.astimezone(of.zone), hours(count), stopped=stopped).at == due
    edges = sorted({start, due, *(edge for each in stopped for edge in each if start < edge < due)})
    ran = [
        end - begin
        for begin, end in pairwise(edges)
        if not any(each.began <= begin < each.ended for each in stopped)
    ]
    assert sum(ran, timedelta(0)) == count * HOUR


# --- monotonic -------------------------------------------------------------------------------------------

every = st.sampled_from([*LEGAL, *COMPRESSED])


@given(
    of=every, start=starts, later=minutes, chain=st.lists(limits(), min_size=1, max_size=2), data=st.data()
)
def test_a_later_start_never_ends_earlier(
    of: LegalCalendar, start: datetime, later: int, chain: list[Limit], data: st.DataObject
) -> None:
    """Nothing stands still where limits are in months: how long those are depends on the day on which they
    begin, and two that begin at the end of January end on one day, however many days of one stood still."""
    second = start + timedelta(minutes=later % 100_000)
    stopped = [] if any(limit.unit == "months" for limit in chain) else data.draw(stretches(start))
    for counting in (AS_IT_FALLS, SAME_DAY, TERMIJNENWET):
        assert (
            of.due(start, *chain, counting=counting, stopped=stopped).at
            <= of.due(second, *chain, counting=counting, stopped=stopped).at
        )


@given(of=every, start=starts, limit=limits(), counting=countings, data=st.data())
def test_a_longer_limit_never_ends_earlier(
    of: LegalCalendar, start: datetime, limit: Limit, counting: Counting, data: st.DataObject
) -> None:
    """Where a law moves the last day of short limits alone, one day more may be one less: art. 4 of the
    Algemene termijnenwet means that. So not by that law."""
    stopped = data.draw(stretches(start))
    longer = limit.model_copy(update={"count": limit.count + data.draw(st.integers(1, 20))})
    due = of.due(start, limit, counting=counting, stopped=stopped).at
    assert due <= of.due(start, longer, counting=counting, stopped=stopped).at
    added = data.draw(limits())
    assert due <= of.due(start, limit, added, counting=counting, stopped=stopped).at


@given(of=every, start=starts, limit=limits(), data=st.data())
def test_more_suspended_time_never_ends_earlier(
    of: LegalCalendar, start: datetime, limit: Limit, data: st.DataObject
) -> None:
    stopped = data.draw(stretches(start))
    more = stopped + data.draw(stretches(start))
    for counting in (AS_IT_FALLS, SAME_DAY, TERMIJNENWET):
        due = of.due(start, limit, counting=counting, stopped=stopped).at
        assert due <= of.due(start, limit, counting=counting, stopped=more).at


# --- what has counted ------------------------------------------------------------------------------------


def length(of: LegalCalendar, start: datetime, limit: Limit, counting: Counting) -> int:
    if limit.unit != "months":
        return limit.count * (7 if limit.unit == "weeks" else 1)
    if of in COMPRESSED:
        return 30 * limit.count
    first = start.astimezone(of.zone).date() - (DAY if counting.first_day == "same" else timedelta(0))
    return (month_by_month(first, limit.count) - first).days


@given(of=every, start=starts, limit=limits(), counting=countings, data=st.data())
def test_what_has_counted_reaches_the_length_of_the_limit_on_its_last_day(
    of: LegalCalendar, start: datetime, limit: Limit, counting: Counting, data: st.DataObject
) -> None:
    stopped = data.draw(stretches(start))
    due = of.due(start, limit, counting=counting, stopped=stopped).at

    def used(until: datetime) -> int:
        return of.used(start, until, limit.unit, counting=counting, stopped=stopped)

    wanted = length(of, start, limit, counting)
    if of in COMPRESSED or limit.unit == "hours":  # it is over at an instant, and not with a day
        assert used(due) == wanted
        assert used(due - timedelta(microseconds=2)) == wanted - 1
    else:
        on_the_last_day = due - timedelta(microseconds=1)
        assert used(on_the_last_day) == wanted
        assert used(midnight_after(of, of.day(on_the_last_day) - DAY) - timedelta(microseconds=1)) < wanted


@given(of=every, start=starts, unit=units, counting=countings, data=st.data())
def test_what_has_counted_never_grows_less_and_not_while_time_stands_still(
    of: LegalCalendar, start: datetime, unit: Unit, counting: Counting, data: st.DataObject
) -> None:
    stopped = data.draw(stretches(start))
    instants = sorted(start + timedelta(minutes=each) for each in data.draw(st.lists(st.integers(0, 90_000))))
    used = [of.used(start, each, unit, counting=counting, stopped=stopped) for each in instants]
    assert used == sorted(used)
    if of in LEGAL and unit == "working-days":
        first = start.astimezone(of.zone).date() + (timedelta(0) if counting.first_day == "same" else DAY)
        for until, found in zip(instants, used, strict=True):
            last = (until - timedelta(microseconds=1)).astimezone(of.zone).date()  # at midnight the next day
            span = (last - first).days + 1 if until > start else 0  # has not begun to pass
            days = [first + number * DAY for number in range(span)]
            assert found == sum(worked(of, day) and not stood_still(of, day, stopped) for day in days)


# --- who had a case --------------------------------------------------------------------------------------

HOLDERS = [Party.agency("housing"), Party.agency("planning"), Party("applicant"), Party("system")]
CASE = CaseId("portal-01a20bc3-a4c4-7044-b136-000000000001")


def entry(
    kind: Kind, at: datetime, holders: tuple[Party, ...], clock: ClockMark | None = None
) -> LedgerEntry:
    return LedgerEntry(
        case=CASE,
        sequence=1,
        id=f"{CASE}/1",
        procedure=ProcedureId("clock-test"),
        law="v1",
        kind=kind,
        actor=PLATFORM,
        occurred=at,
        received=at,
        recorded=at,
        holders=holders,
        clock=clock,
        previous=GENESIS,
    )


@st.composite
def ledgers(draw: st.DrawFn, *, interrupts: bool = False) -> tuple[list[LedgerEntry], datetime]:
    """A case's ledger, and an instant after it. What a mark says may have been before the entry that bears
    it, and before other entries: an outage of the platform moves no legal date."""
    now, found, suspended, closed = EPOCH + timedelta(minutes=draw(minutes) // 2), [], [], False
    limit = draw(limits())
    counting, name = draw(countings), draw(st.sampled_from(["cn-2026.1", "nl-2026.1", "compressed:3600"]))
    moment = now

    def holders() -> tuple[Party, ...]:
        return tuple(sorted(draw(st.sets(st.sampled_from(HOLDERS), min_size=1, max_size=2))))

    found.append(entry("opened", now, holders()))
    for number in range(draw(st.integers(0, 12))):
        now += timedelta(minutes=draw(st.sampled_from([0, 1, 600, 1440, 5000, 20_000])))
        moment = draw(st.sampled_from([now, max(moment, now - 2000 * timedelta(minutes=1))]))
        kind = draw(st.sampled_from(["start", "suspend", "resume", "extend", "count-anew", "stop", None]))
        said: dict[str, Any] = {"at": moment}
        match kind:
            case "start":
                said |= {"statutory": limit, "promised": limit, "counting": counting, "calendar": name}
            case "suspend":
                suspended.append(f"suspended/{number}")
                said |= {"step": suspended[-1], "at": now, "kind": "other"}
                said |= {"interrupts": interrupts and draw(st.booleans())}
            case "resume" if suspended:
                said |= {"step": suspended.pop(draw(st.integers(0, len(suspended) - 1)))}
            case "extend":
                said |= {"limit": draw(limits(st.just(limit.unit)))}
            case "count-anew":
                said |= {"at": now, "calendar": draw(st.sampled_from(["cn-2026.1", "it-2026.1"]))}
            case "stop":
                pass
            case _:
                found.append(entry("reminded", now, holders()))
                continue
        mark = ClockMark.model_validate({"does": kind} | said)
        found.append(entry("rescheduled", now, holders(), mark))
    if draw(st.booleans()):
        closed = True
        found.append(entry("closed", now, ()))
    return found, now if closed else now + timedelta(minutes=draw(st.integers(0, 20_000)))


@settings(max_examples=60, deadline=None)
@given(told=ledgers())
def test_intervals_add_up_to_the_whole_life_of_a_case(told: tuple[list[LedgerEntry], datetime]) -> None:
    entries, now = told
    found = intervals(entries, now)
    for one, other in pairwise(found):
        assert one.ended == other.began
    assert all(each.ended is None or each.began < each.ended for each in found)
    if found:
        assert found[0].began == entries[0].received
        assert (found[-1].ended is None) == (entries[-1].kind != "closed")
        whole = sum(((each.ended or now) - each.began for each in found), timedelta(0))
        assert whole == now - entries[0].received


@settings(max_examples=60, deadline=None)
@given(told=ledgers())
def test_what_the_intervals_counted_adds_up_to_what_the_clock_used(
    told: tuple[list[LedgerEntry], datetime],
) -> None:
    """Also where days were counted again, and where something was known later than it held."""
    entries, now = told
    found, clock = intervals(entries, now), clock_of(marks_of(entries))
    assert all(each.counted >= 0 for each in found)
    last = (found[-1].ended or now) if found else now
    assert sum(each.counted for each in found) == (clock.used(last) if found else 0)
    if clock.stopped is not None:
        assert clock.used(now + 400 * DAY) == clock.used(clock.stopped), "a decided case's clock stands"


@settings(max_examples=60, deadline=None)
@given(told=ledgers(interrupts=True))
def test_the_clock_of_a_ledger_is_the_same_once_it_has_been_written_and_read(
    told: tuple[list[LedgerEntry], datetime],
) -> None:
    entries, now = told
    read = [LedgerEntry.model_validate_json(each.model_dump_json()) for each in entries]
    clock, again = clock_of(marks_of(entries)), clock_of(marks_of(read))
    assert clock == again
    assert (clock.due, clock.promised_due) == (again.due, again.promised_due)
    assert intervals(entries, now) == intervals(read, now)
    for one, other in pairwise(intervals(entries, now)):
        assert one.ended == other.began
