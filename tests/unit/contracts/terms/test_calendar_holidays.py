"""The holidays of the calendars, worked out here from the laws and notices that set them, year by year; and
the limits whose last day is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import holidays as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms.calendar import LegalCalendar, calendar, names
from contracts.terms.limits import (
    AS_IT_FALLS,
    CODICE_CIVILE,
    CODICE_DI_PROCEDURA_CIVILE,
    Counting,
    calendar_days,
)

DAY = timedelta(days=1)
WEEKDAYS_ONLY = ("cn-2026.1", "it-2026.1", "nl-2026.1", "nl-2026.2")
"""The versions that were published before a holiday on a weekend was in one; they never change."""


def legal(name: str) -> LegalCalendar:
    return cast(LegalCalendar, calendar(name))


def easter(year: int) -> date:
    """By the Gregorian computus (J. Meeus, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def italian(year: int) -> set[date]:
    """L. 260/1949 art. 2 as amended, without the Sundays; 17 March 2011 by d.l. 5/2011."""
    fixed = [(1, 1), (1, 6), (4, 25), (5, 1), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
    days = {date(year, *each) for each in fixed} | {easter(year) + DAY}
    if year >= 2001:
        days.add(date(year, 6, 2))
    if year == 2011:
        days.add(date(year, 3, 17))
    if year >= 2026:
        days.add(date(year, 10, 4))
    return days


def dutch(year: int) -> set[date]:
    """Algemene termijnenwet art. 3(1) and (2): also 5 May, Good Friday and the birthday of the King."""
    born = date(year, 4, 27) if year >= 2014 else date(year, 4, 30)
    celebrated = born - DAY if born.isoweekday() == 7 else born
    if year < 2014:
        assert celebrated == born, "Queen's Day fell on no Sunday in these years"
    fixed = [date(year, *each) for each in ((1, 1), (5, 5), (12, 25), (12, 26))]
    return {celebrated, *fixed} | {easter(year) + each * DAY for each in (-2, 1, 39, 50)}


DECREED = {
    2017: "04-28 05-26",
    2018: "05-11 12-24 12-31",
    2019: "05-31 12-27",
    2022: "05-27",
    2023: "04-28 05-19",
    2024: "05-10 12-27",
    2025: "05-30",
    2026: "01-02 05-15",
}
"""Days made equal to holidays (Algemene termijnenwet art. 3(3)), as far as ``nl-2026.3`` has them."""

STATE_COUNCIL = {
    2024: (
        "01-01..01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10..06-10 09-15..09-17 10-01..10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01..01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}
"""The days off, and the weekends worked for them, by the notices of the State Council (国办发明电〔2023〕7号,
〔2024〕12号, 〔2025〕7号)."""


def days_of(year: int, text: str) -> list[date]:
    found = []
    for each in text.split():
        first, _, last = each.partition("..")
        day, end = (date.fromisoformat(f"{year}-{part}") for part in (first, last or first))
        while day <= end:
            found.append(day)
            day += DAY
    return found


def not_on_sunday(days: Iterable[date]) -> set[date]:
    return {day for day in days if day.isoweekday() != 7}


def of_year(days: Iterable[date], year: int) -> set[date]:
    return {day for day in days if day.year == year}


@pytest.mark.parametrize("year", range(2000, 2027))
def test_italian_holidays_are_those_of_the_law_on_weekends_too(year: int) -> None:
    published = of_year(legal("it-2026.2").days.holidays, year)
    assert not_on_sunday(published) == not_on_sunday(italian(year))


@pytest.mark.parametrize("year", range(2010, 2027))
def test_dutch_holidays_are_those_of_the_law_and_of_the_decrees(year: int) -> None:
    published = of_year(legal("nl-2026.3").days.holidays, year)
    assert not_on_sunday(published) == not_on_sunday(dutch(year)) | set(days_of(year, DECREED.get(year, "")))


@pytest.mark.parametrize("year", STATE_COUNCIL)
def test_chinese_working_days_are_those_of_the_notices(year: int) -> None:
    off, worked = (set(days_of(year, text)) for text in STATE_COUNCIL[year])
    china, day = legal("cn-2026.1"), date(year, 1, 1)
    while day.year == year:
        assert china.worked(day) == (day in worked or (day.isoweekday() < 6 and day not in off)), day
        day += DAY


@pytest.mark.parametrize("name", names())
def test_a_calendar_has_the_holidays_of_the_maintained_library(name: str) -> None:
    """The versions of before have those of the weekdays, as they were published."""
    of = legal(name).days
    country, years = name[:2].upper(), range(of.first_year, of.last_year + 1)
    dutch_law = ("public", "optional") if "optional" in of.source else ("public",)
    found: Any = library.country_holidays(country, years=years, categories=dutch_law)
    decreed = {day for year, text in DECREED.items() for day in days_of(year, text)}
    expected = {day for day in found if day.year in years}
    published = set(of.holidays)
    if name in WEEKDAYS_ONLY:
        expected = {day for day in expected if day.weekday() < 5}
        assert all(day.weekday() < 5 for day in published)
    elif country == "NL":
        expected |= decreed
    assert published == expected
    assert set(of.worked_weekends) == {day for day in found.weekend_workdays if day.year in years}
    assert list(of.holidays) == sorted(published)


def test_what_is_worked_does_not_depend_on_holidays_that_fall_on_a_weekend() -> None:
    """So a case that counts working days may get the later version, and moves for the decreed days alone."""
    day, last = date(2010, 1, 1), date(2026, 12, 31)
    decreed = {each for year, text in DECREED.items() for each in days_of(year, text)}
    while day <= last:
        assert legal("it-2026.1").worked(day) == legal("it-2026.2").worked(day)
        assert legal("nl-2026.2").worked(day) == (legal("nl-2026.3").worked(day) or day in decreed), day
        day += DAY


# --- a limit whose last day is a holiday ------------------------------------------------------------------


def ends(name: str, last: str, counting: Counting) -> str:
    """The last day of a limit that would end on ``last``."""
    of = legal(name)
    start = datetime.combine(date.fromisoformat(last) - 30 * DAY, time(10), of.zone)
    due = of.due(start, calendar_days(30), counting=counting).at
    return (of.day(due) - DAY).isoformat()


@pytest.mark.parametrize(
    ("last", "civil", "procedural"),
    [
        ("2026-04-24", "2026-04-24", "2026-04-24"),  # a Friday
        ("2026-04-18", "2026-04-18", "2026-04-20"),  # a Saturday like others
        ("2026-04-25", "2026-04-27", "2026-04-27"),  # Liberation Day, a Saturday; then Sunday
        ("2026-08-15", "2026-08-17", "2026-08-17"),  # the Assumption, a Saturday
        ("2026-12-26", "2026-12-28", "2026-12-28"),  # St Stephen's Day, a Saturday
        ("2026-04-05", "2026-04-07", "2026-04-07"),  # Easter; then Easter Monday
        ("2026-10-04", "2026-10-05", "2026-10-05"),  # St Francis, a Sunday
        ("2026-06-02", "2026-06-03", "2026-06-03"),  # the Republic, a Tuesday
        ("2026-06-29", "2026-06-29", "2026-06-29"),  # Ss. Peter and Paul: a holiday of Rome alone
    ],
)
def test_an_italian_limit_that_ends_on_a_holiday_ends_with_the_next_day_that_is_none(
    last: str, civil: str, procedural: str
) -> None:
    """C.c. art. 2963(3); c.p.c. art. 155(4), and (5) for Saturdays."""
    assert ends("it-2026.2", last, CODICE_CIVILE) == civil
    assert ends("it-2026.2", last, CODICE_DI_PROCEDURA_CIVILE) == procedural
    assert ends("it-2026.2", last, AS_IT_FALLS) == last


def test_where_a_holiday_is_the_first_to_fall_on_a_saturday_the_former_version_does_not_see_it() -> None:
    assert ends("it-2026.1", "2026-04-25", CODICE_CIVILE) == "2026-04-25"


def test_a_weekend_that_is_worked_is_no_holiday() -> None:
    china = legal("cn-2026.1")
    assert not china.holiday(date(2026, 9, 20)), "a Sunday that is worked"
    assert china.holiday(date(2026, 9, 27))
    assert not china.holiday(date(2026, 9, 19)), "a Saturday"


@given(name=st.sampled_from(names()), after=st.integers(0, 9000), count=st.integers(1, 200))
def test_a_limit_moves_over_holidays_and_over_nothing_else(name: str, after: int, count: int) -> None:
    of = legal(name)
    start = datetime(2002, 1, 1, 12, tzinfo=UTC) + after * DAY
    falls = of.day(of.due(start, calendar_days(count)).at) - DAY
    moved = of.day(of.due(start, calendar_days(count), counting=CODICE_CIVILE).at) - DAY
    published, worked = set(of.days.holidays), set(of.days.worked_weekends)

    def festive(day: date) -> bool:
        return (day in published or day.isoweekday() == 7) and day not in worked

    assert not festive(moved)
    while falls < moved:
        assert festive(falls)
        falls += DAY
    assert falls == moved
