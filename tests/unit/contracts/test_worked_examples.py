"""The law's own limits, to the day, each with its article.

The days were counted by hand, on the published calendars: China rested on 25 to 27 September and 1 to 7
October 2026, and worked on Sunday 20 September and Saturday 10 October.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from contracts.clock import Clock, clock_of
from contracts.procedures.environmental_permit import PENALTY
from contracts.terms.calendar import calendar
from contracts.terms.clock_marks import ClockMark
from contracts.terms.limits import (
    AS_IT_FALLS,
    TERMIJNENWET,
    Counting,
    Limit,
    calendar_days,
    hours,
    months,
    weeks,
    working_days,
)
from contracts.terms.values import Money

ZONES = {"cn-2026.1": "Asia/Shanghai", "nl-2026.1": "Europe/Amsterdam", "it-2026.1": "Europe/Rome"}


class Told:
    """A case's clock as the law's own words tell it: at its authority's hours."""

    def __init__(
        self,
        version: str,
        accepted: str,
        statutory: Limit,
        counting: Counting = AS_IT_FALLS,
    ) -> None:
        self._zone = ZoneInfo(ZONES[version])
        self.marks = [
            ClockMark(
                does="start",
                at=self._at(accepted),
                statutory=statutory,
                promised=statutory,
                counting=counting,
                calendar=version,
            )
        ]

    def stands_still(self, began: str, ended: str, *, anew: bool = False) -> Told:
        step = f"suspended/{len(self.marks)}"
        self.marks += [
            ClockMark(does="suspend", at=self._at(began), step=step, kind="other", interrupts=anew),
            ClockMark(does="resume", at=self._at(ended), step=step),
        ]
        return self

    def extended(self, limit: Limit, at: str) -> Told:
        self.marks.append(ClockMark(does="extend", at=self._at(at), limit=limit))
        return self

    @property
    def last_day(self) -> str:
        due = clock_of(self.marks).due
        assert due is not None
        midnight = due.at.astimezone(self._zone)
        assert (midnight.hour, midnight.minute) == (0, 0), "a limit in days ends with a day"
        return date.fromordinal(midnight.date().toordinal() - 1).isoformat()

    def _at(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self._zone)


def china(accepted: str, limit: Limit) -> Told:
    return Told("cn-2026.1", accepted, limit)


def dutch(received: str, limit: Limit, counting: Counting = TERMIJNENWET) -> Told:
    return Told("nl-2026.1", received, limit, counting)


ACCEPTED = "2026-09-14T10:00"
"""A Monday, so that the limits run over the National Day holiday."""


def test_china_twenty_working_days_and_ten_more() -> None:
    """行政许可法 art. 42(1), 82: twenty working days, ten more with the head's approval."""
    assert china(ACCEPTED, working_days(20)).last_day == "2026-10-16"
    told = china(ACCEPTED, working_days(20)).extended(working_days(10), "2026-10-15T09:00")
    assert told.last_day == "2026-10-30"


def test_china_joint_handling_forty_five_working_days_and_fifteen_more() -> None:
    """行政许可法 art. 42(2): unified or joint handling."""
    assert china(ACCEPTED, working_days(45)).last_day == "2026-11-20"
    told = china(ACCEPTED, working_days(45)).extended(working_days(15), "2026-11-20T17:00")
    assert told.last_day == "2026-12-11"


def test_china_delivery_within_ten_working_days_of_the_decision() -> None:
    """行政许可法 art. 44."""
    assert china("2026-09-29T16:00", working_days(10)).last_day == "2026-10-19"


@pytest.mark.parametrize(
    ("began", "ended", "last"),
    [
        ("2026-09-21T10:00", "2026-09-29T15:00", "2026-10-22"),  # hearing: 22, 23, 24, 28 September
        ("2026-09-30T09:00", "2026-10-09T12:00", "2026-10-19"),  # inspection over the holiday: only the 8th
        ("2026-09-18T09:00", "2026-09-21T12:00", "2026-10-19"),  # expert review: the Sunday that was worked
        ("2026-09-15T09:00", "2026-09-15T18:00", "2026-10-16"),  # less than a day
    ],
)
def test_china_hearing_inspection_and_expert_review_do_not_count(began: str, ended: str, last: str) -> None:
    """行政许可法 art. 45."""
    assert china(ACCEPTED, working_days(20)).stands_still(began, ended).last_day == last


def test_dutch_eight_weeks_and_six_more() -> None:
    """Wabo art. 3.9(1), (2)."""
    assert dutch("2026-08-03T14:00", weeks(8)).last_day == "2026-09-28"
    assert dutch("2026-08-03T14:00", weeks(8)).extended(weeks(6), "2026-09-21T10:00").last_day == "2026-11-09"


def test_dutch_suspension_from_the_day_after_the_invitation_to_the_day_of_the_supplement() -> None:
    """Awb art. 4:15(1): thirteen days, 11 to 23 August; then a Sunday moves the end (termijnenwet art. 1)."""
    told = dutch("2026-08-03T14:00", weeks(8)).stands_still("2026-08-10T11:00", "2026-08-24T09:00")
    assert told.last_day == "2026-10-12"
    assert told.extended(weeks(6), "2026-10-01T10:00").last_day == "2026-11-23"


def test_dutch_last_day_on_christmas_moves_to_the_next_day_that_is_none() -> None:
    """Algemene termijnenwet art. 1, 3: Friday 25 December, then Saturday the second day and Sunday."""
    assert dutch("2026-10-30T09:00", weeks(8)).last_day == "2026-12-28"
    assert dutch("2026-10-30T09:00", weeks(8), AS_IT_FALLS).last_day == "2026-12-25"


@pytest.mark.parametrize(
    ("limit", "last"),
    [
        (weeks(12), "2026-07-27"),  # Sunday the 26th moves
        (weeks(13), "2026-08-02"),  # a Sunday, and stays
        (calendar_days(90), "2026-08-03"),  # Saturday the 1st moves
        (calendar_days(91), "2026-08-02"),
        (months(3), "2026-08-03"),
        (months(7), "2026-12-03"),
    ],
)
def test_dutch_limits_that_art_4_excludes_end_as_they_fall(limit: Limit, last: str) -> None:
    """Algemene termijnenwet art. 4: over twelve weeks, ninety days or three months. From Sunday 3 May."""
    assert dutch("2026-05-03T12:00", limit).last_day == last


def test_a_limit_in_hours_ends_with_an_hour_also_on_a_sunday() -> None:
    """Algemene termijnenwet art. 4 excludes limits in hours."""
    zone = ZoneInfo("Europe/Amsterdam")
    friday = datetime(2026, 5, 1, 15, 30, tzinfo=zone)
    due = calendar("nl-2026.1").due(friday, hours(48), counting=TERMIJNENWET)
    assert due.at == datetime(2026, 5, 3, 15, 30, tzinfo=zone)


def test_a_month_that_has_no_such_day_ends_with_its_last() -> None:
    assert dutch("2026-01-31T09:00", months(1), AS_IT_FALLS).last_day == "2026-02-28"
    assert dutch("2024-01-31T09:00", months(1), AS_IT_FALLS).last_day == "2024-02-29"
    assert dutch("2025-12-31T09:00", months(2), AS_IT_FALLS).last_day == "2026-02-28"


def test_italian_notice_of_refusal_begins_the_limit_anew() -> None:
    """L. 241/1990 art. 2(2): thirty days; art. 10-bis as in force until 2020: they begin again with the
    applicant's observations."""
    told = Told("it-2026.1", "2026-03-02T10:00", calendar_days(30))
    assert told.last_day == "2026-04-01"
    assert told.stands_still("2026-03-20T10:00", "2026-03-25T12:00", anew=True).last_day == "2026-04-24"


def _euro(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


@pytest.mark.parametrize(
    ("days", "owed"),
    [(0, "0"), (1, "23"), (14, "322"), (15, "357"), (28, "812"), (29, "857"), (42, "1442"), (400, "1442")],
)
def test_dutch_penalty_payment_of_each_day_up_to_its_maximum(days: int, owed: str) -> None:
    """Awb art. 4:17(2): 23, 35 and 45 euro a day for fourteen days each, at most 1,442 euro."""
    assert PENALTY.rates_on(date(2026, 6, 16)).owed(days) == _euro(f"{owed}.00")


def test_the_amounts_are_those_of_the_day_on_which_it_begins() -> None:
    assert PENALTY.rates_on(date(2018, 12, 31)).owed(42) == _euro("1260.00")
    with pytest.raises(LookupError, match="no rates on 2009-09-30"):
        PENALTY.rates_on(date(2009, 9, 30))


def total(clock: Clock, until: Sequence[str]) -> list[int]:
    return [clock.used(datetime.fromisoformat(each)) for each in until]


def test_the_days_that_have_counted_are_told_for_every_day() -> None:
    clock = clock_of(
        china(ACCEPTED, working_days(20)).stands_still("2026-09-21T10:00", "2026-09-29T15:00").marks
    )
    until = [
        f"2026-{day}T12:00+08:00" for day in ("09-14", "09-18", "09-20", "09-21", "09-28", "09-29", "10-22")
    ]
    assert total(clock, until) == [0, 4, 5, 6, 6, 7, 20]
