"""Working days and due dates, on days that were published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms.calendar import UnknownCalendar, calendar, calendar_of_case, names
from contracts.terms.limits import TERMIJNENWET, Limit, calendar_days, weeks, working_days

CHINA = calendar("cn-2026.1")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """An instant by its time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def last_day(start: str, limit: Limit) -> str:
    """The last day of a limit, as people say it."""
    due = CHINA.due(at(start), limit).at.astimezone(SHANGHAI)
    assert due.time() == datetime.min.time(), "a limit ends with a day"
    return (due - timedelta(microseconds=1)).date().isoformat()


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2025-03-03T09:00", 5, "2025-03-10"),  # Monday to Monday, one weekend
        ("2025-03-07T16:59", 1, "2025-03-10"),  # Friday, Monday
        ("2025-09-26T10:00", 1, "2025-09-28"),  # the Sunday before National Day is worked
        ("2025-09-30T10:00", 1, "2025-10-09"),  # 1 to 8 October 2025: National Day and Mid-Autumn
        ("2025-09-30T10:00", 3, "2025-10-11"),  # and the Saturday after is worked
        ("2025-09-30T10:00", 4, "2025-10-13"),
        ("2026-02-13T10:00", 1, "2026-02-14"),  # the Saturday before Spring Festival 2026 is worked
        ("2026-02-14T10:00", 1, "2026-02-24"),  # 15 to 23 February 2026: Spring Festival
        ("2026-02-14T10:00", 5, "2026-02-28"),  # the Saturday after is worked
        ("2026-09-30T10:00", 3, "2026-10-10"),  # 1 to 7 October 2026; Saturday the 10th is worked
        ("2025-12-31T10:00", 1, "2026-01-04"),  # 1 to 3 January 2026; Sunday the 4th is worked
    ],
)
def test_working_days_leave_out_holidays_and_count_the_weekends_worked_for_them(
    start: str, days: int, last: str
) -> None:
    assert last_day(start, working_days(days)) == last


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2025-09-30T10:00", 1, "2025-10-01"),
        ("2025-09-30T10:00", 60, "2025-11-29"),
        ("2026-02-27T10:00", 2, "2026-03-01"),
    ],
)
def test_calendar_days_count_them_all(start: str, days: int, last: str) -> None:
    assert last_day(start, calendar_days(days)) == last


@pytest.mark.parametrize("start", ["2025-03-03T00:00", "2025-03-03T09:00", "2025-03-03T23:59:59"])
def test_the_first_day_does_not_count_at_whatever_hour_it_begins(start: str) -> None:
    assert CHINA.due(at(start), working_days(1)).at == at("2025-03-05T00:00")


def test_a_limit_ends_at_midnight_of_the_authority_not_of_utc() -> None:
    late_in_utc = datetime(2025, 3, 3, 20, tzinfo=UTC)  # the 4th in Shanghai
    due = CHINA.due(late_in_utc, working_days(1))
    assert due.at == datetime(2025, 3, 5, 16, tzinfo=UTC)
    assert due.at.tzinfo is UTC
    assert CHINA.day(late_in_utc) == date(2025, 3, 4)


def test_5_may_is_a_dutch_holiday_every_year_in_the_second_version() -> None:
    """Algemene termijnenwet art. 3(1); the first version has only those that most people have off."""
    start = datetime(2011, 3, 10, 12, tzinfo=UTC)
    ends = [
        calendar(name).due(start, weeks(8), counting=TERMIJNENWET).at for name in ("nl-2026.1", "nl-2026.2")
    ]
    assert ends == [datetime(2011, 5, day, 22, tzinfo=UTC) for day in (5, 6)]


def test_a_limit_ends_with_a_day_also_where_clocks_change() -> None:
    amsterdam = calendar("nl-2026.1")
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)  # summer time begins on the 29th
    assert amsterdam.due(start, calendar_days(1)).at == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert amsterdam.due(start, calendar_days(3)).at == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_a_day_begins_at_midnight_of_the_authority_also_where_clocks_change() -> None:
    rome, now = calendar("it-2026.1"), datetime(2007, 1, 1, tzinfo=UTC)
    assert rome.begins(date(2007, 3, 25), now) == datetime(2007, 3, 24, 23, tzinfo=UTC)
    assert rome.begins(date(2007, 3, 26), now) == datetime(2007, 3, 25, 22, tzinfo=UTC)  # a day of 23 hours
    assert rome.begins(date(2007, 10, 29), now) == datetime(2007, 10, 28, 23, tzinfo=UTC)  # after one of 25


def test_a_compressed_day_begins_as_many_compressed_days_from_now() -> None:
    now = datetime(2026, 3, 1, 15, tzinfo=UTC)
    compressed = calendar("compressed:2")
    assert compressed.begins(date(2026, 3, 11), now) == now + timedelta(seconds=20)
    assert compressed.begins(date(2026, 2, 27), now) == now - timedelta(seconds=4)


@given(
    seconds=st.floats(0.001, 86400),
    passed=st.timedeltas(timedelta(0), timedelta(days=4000)),
    days=st.integers(-400, 4000),
)
def test_the_dates_of_a_case_move_with_its_compressed_days(
    seconds: float, passed: timedelta, days: int
) -> None:
    opened = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    compressed, now = calendar_of_case(f"compressed:{seconds}", opened), opened + passed
    day = date(2026, 3, 2) + timedelta(days=days)
    assert compressed.day(opened) == date(2026, 3, 2)
    begins = compressed.begins(day, now)
    assert compressed.day(begins) == day
    assert compressed.day(begins - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert compressed.due(begins, calendar_days(7)).at == compressed.begins(day + timedelta(days=7), now)
    today = compressed.day(now)
    if today < date.max:
        assert compressed.begins(today, now) <= now < compressed.begins(today + timedelta(days=1), now)


def test_the_dates_of_a_case_end_with_the_last_there_is() -> None:
    opened = datetime(2026, 3, 2, tzinfo=UTC)
    assert calendar_of_case("compressed:0.001", opened).day(opened + timedelta(days=60)) == date.max


def test_beyond_the_published_years_a_due_date_is_provisional() -> None:
    assert not CHINA.due(at("2026-12-30T10:00"), working_days(1)).provisional
    assert CHINA.due(at("2026-12-31T10:00"), working_days(1)).provisional
    assert not CHINA.due(at("2025-12-31T10:00"), working_days(20)).provisional


def test_a_compressed_day_has_a_fixed_length_and_every_day_is_worked() -> None:
    compressed = calendar("compressed:1.5")
    start = at("2025-09-30T10:00").astimezone(UTC)
    assert compressed.due(start, working_days(10)).at == start + timedelta(seconds=15)
    assert compressed.due(start, calendar_days(10)).at == start + timedelta(seconds=15)
    assert not compressed.due(start, working_days(3660)).provisional


def test_an_unknown_calendar_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownCalendar, match=r"no calendar 'xx-1'; there are .*cn-2026\.1"):
        calendar("xx-1")
    assert "cn-2026.1" in names()


def test_a_share_of_a_limit_is_whole_days_and_at_least_one() -> None:
    assert working_days(10).share(0.8) == working_days(8)
    assert working_days(2).share(0.8) == working_days(1)
    assert calendar_days(1).share(0.1) == calendar_days(1)
