"""A length of time is what a calendar says of it; windows follow one another without a gap."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from contracts.terms.errors import InvalidInput
from seamless.rebuild.windows import Length, Window, back_from, length, onward_from, usual
from tests.unit.seamless.rebuild.logs import case, log


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("60d", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2w", datetime(2026, 2, 14, tzinfo=UTC)),
        ("1m", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2 m", datetime(2026, 3, 31, tzinfo=UTC)),
        ("1y", datetime(2027, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_length_ends_where_a_calendar_says(written: str, after: datetime) -> None:
    assert length(written).after(datetime(2026, 1, 31, tzinfo=UTC)) == after


@pytest.mark.parametrize("written", ["", "2", "0d", "-1m", "1.5y", "two months", "9999d", "٣m"])
def test_what_is_no_length_is_told_with_how_to_write_one(written: str) -> None:
    with pytest.raises(InvalidInput, match="write it as 60d, 8w, 2m or 1y"):
        length(written)


def test_windows_back_from_a_day_end_with_it_and_leave_no_gap() -> None:
    until = datetime(2026, 3, 31, tzinfo=UTC)
    windows = back_from(until, Length(1, "m"), datetime(2025, 11, 1, tzinfo=UTC))
    assert windows[-1] == Window(datetime(2026, 2, 28, tzinfo=UTC), until)
    assert len(windows) == 4
    assert all(earlier.until == later.since for earlier, later in pairwise(windows))


def test_windows_onward_are_over_by_the_last_day() -> None:
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    windows = list(onward_from(first, Length(2, "m"), last))
    assert len(windows) == 5
    assert windows[-1].until <= last


@pytest.mark.parametrize(("days", "told"), [(20, "1w"), (120, "2w"), (500, "2m"), (5000, "1y")])
def test_the_usual_window_fits_into_a_log_seven_times(days: int, told: str) -> None:
    assert str(usual(log([case(0, 1), case(days, days)], days))) == told
