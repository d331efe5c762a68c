"""How far the holidays of the calendars in use are published."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from seamless.status.calendars import calendars_of
from workers.process.settings import Settings

NOW = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
"""In Amsterdam it is the first of December, in Shanghai an hour before the second."""


def test_the_calendar_that_ends_first_stands_first_and_its_days_are_counted_where_it_holds() -> None:
    settings = Settings(calendar="cn-2026.1")
    found = calendars_of(settings, {"nl-2026.1": 3, "compressed:60": 2, "cn-2031.7": 1, None: 4}, NOW)
    assert [(each.calendar, each.ends, each.days_left, each.cases, each.new_cases) for each in found] == [
        ("cn-2026.1", date(2026, 12, 31), 30, 0, True),
        ("nl-2026.1", date(2026, 12, 31), 30, 3, False),
        ("cn-2031.7", None, None, 1, False),  # it was published to open cases, and its file is not here
        ("compressed:60", None, None, 2, False),
    ]


def test_a_calendar_that_has_ended_has_less_than_no_days_left() -> None:
    later = datetime(2027, 1, 10, 1, tzinfo=UTC)
    [found] = calendars_of(Settings(calendar="cn-2026.1"), {"cn-2026.1": 9}, later)
    assert (found.days_left, found.cases) == (-10, 9)


def test_a_calendar_of_the_administration_s_own_folder_is_known_and_a_broken_one_is_not(
    tmp_path: Path,
) -> None:
    days = {"zone": "Asia/Urumqi", "first_year": 2026, "last_year": 2028, "source": "x", "holidays": []}
    (tmp_path / "xj-2028.1.json").write_text(json.dumps(days), "utf-8")
    (tmp_path / "xj-2029.1.json").write_text("{", "utf-8")
    settings = Settings(calendar="xj-2028.1", calendars=tmp_path)
    known, broken = calendars_of(settings, {"xj-2029.1": 1}, NOW)
    assert (known.calendar, known.ends) == ("xj-2028.1", date(2028, 12, 31))
    assert (broken.calendar, broken.ends) == ("xj-2029.1", None)
