"""Office hours: working days between instants, and when so many have passed."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from contracts.terms.errors import InvalidInput
from seamless.rebuild.twin.hours import Hours, hours_of

HOURS = hours_of("cn-2026.1")


def at(day: int, hour: float, month: int = 3) -> float:
    whole = int(hour)
    return datetime(2026, month, day, whole, round((hour - whole) * 60), tzinfo=HOURS.zone).timestamp()


def test_nights_and_weekends_do_not_count() -> None:
    friday, monday = at(6, 16), at(9, 10)
    assert HOURS.between(friday, monday) == pytest.approx(0.25)
    assert HOURS.after(friday, 0.25) == pytest.approx(monday)
    assert HOURS.between(at(7, 3), at(8, 22)) == 0


def test_holidays_of_the_calendar_do_not_count() -> None:
    assert HOURS.between(at(1, 9, 5), at(5, 17, 5)) == 0  # Labour Day
    assert not HOURS.works_on(date(2026, 5, 1))


def test_work_that_ends_with_the_day_ends_then_and_not_on_the_next_morning() -> None:
    assert HOURS.after(at(2, 9), 1.0) == at(2, 17)
    assert HOURS.opening(at(2, 17)) == at(3, 9)
    assert HOURS.opening(at(2, 12)) == at(2, 12)


def test_days_of_other_hours_are_other_days() -> None:
    short: Hours = hours_of("cn-2026.1", 8, 12)
    assert short.length == 4 * 3600
    assert short.after(at(2, 8), 1.5) == at(3, 10)


def test_a_compressed_calendar_never_closes() -> None:
    always = hours_of("compressed:60")
    assert always.between(0, 180) == pytest.approx(3)
    assert always.after(always.opening(30), 1.0) == 90


@pytest.mark.parametrize(("opens", "closes"), [(17, 9), (9, 9), (-1, 5), (9, 25)])
def test_an_office_that_closes_before_it_opens_is_an_error(opens: float, closes: float) -> None:
    with pytest.raises(InvalidInput, match="--hours"):
        hours_of("cn-2026.1", opens, closes)


def test_what_lies_beyond_all_counted_days_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="2500"):
        HOURS.after(at(2, 9), 1e6)


def test_far_days_are_counted_when_they_are_needed() -> None:
    far = HOURS.after(at(2, 9), 20_000)
    assert hours_of("cn-2026.1", 8, 17).between(far, far + 7 * 86400) == pytest.approx(5)
    assert HOURS.between(at(2, 9), far) == pytest.approx(20_000)
    assert datetime.fromtimestamp(far, HOURS.zone).year > 2100
