"""Calendars in files: what is not usable is told by its field, with the remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.terms.calendar import LegalCalendar, calendar, names
from contracts.terms.errors import InvalidInput
from workers.process.calendars import days_in, names_in, read_days, version_of
from workers.process.settings import load_settings

DAYS: dict[str, Any] = {
    "name": "cn-2027.1",
    "zone": "Asia/Shanghai",
    "first_year": 2026,
    "last_year": 2027,
    "source": "a notice of the State Council, made up for these tests",
    "holidays": ["2027-01-01", "2027-01-04"],
    "worked_weekends": ["2027-01-09"],
}


def written(folder: Path, text: str | None = None, called: str = "cn-2027.1.json", **changes: Any) -> Path:
    file = folder / called
    file.write_text(json.dumps(DAYS | changes) if text is None else text, "utf-8")
    return file


def test_a_file_is_read_and_has_its_name_from_its_own_where_it_says_none(tmp_path: Path) -> None:
    days = read_days(written(tmp_path))
    assert (days.name, len(days.holidays)) == ("cn-2027.1", 2)
    unnamed = json.dumps({name: value for name, value in DAYS.items() if name != "name"})
    assert read_days(written(tmp_path, unnamed)) == days


@pytest.mark.parametrize("name", names())
def test_what_the_package_has_may_be_published_too(tmp_path: Path, name: str) -> None:
    built_in = calendar(name)
    assert isinstance(built_in, LegalCalendar)
    file = written(tmp_path, built_in.days.model_dump_json(), f"{name}.json")
    assert read_days(file) == built_in.days


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"name": "next year"},
            "name: 'next year' is not a version; write AUTHORITY-YEAR.NUMBER, as cn-2027.1",
        ),
        ({"name": "compressed:5"}, "name: 'compressed:5' is not a version"),
        ({"zone": "Asia/Hangzhou"}, "zone: Value error, 'Asia/Hangzhou' is no zone of the IANA database"),
        ({"first_year": "soon"}, "first_year: has to be an integer"),
        ({"first_year": 2028}, "last_year: 2027 is before first_year, 2028; exchange them"),
        ({"holidays": ["2027-01-40"]}, "holidays.0: "),
        ({"holidays": ["2027-01-09"]}, "holidays.0: 2027-01-09 is among worked_weekends, too; leave it out"),
        ({"holidays": ["2027-01-01", "2027-01-01"]}, "holidays.1: 2027-01-01 is listed twice"),
        ({"holidays": ["2028-01-03"]}, "holidays.0: 2028-01-03 is not in the years 2026 to 2027"),
        (
            {"worked_weekends": ["2027-01-04"]},
            "worked_weekends.0: 2027-01-04 is a Monday, which is not a weekend day",
        ),
        (
            {"worked_weekend": ["2027-01-09"]},
            "worked_weekend: a calendar has no such field; it has name, zone",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_field(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_days(written(tmp_path, **changes))
    assert told in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_days(written(tmp_path, name="x", holidays=["2027-01-09", "2029-01-01"]))
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON: Expecting property name"),
        ('{"zone": "a", "zone": "b"}', "zone: stands twice in one object"),
        ("[]", "write a JSON object with name, zone, first_year"),
        ("{}", "zone: Field required"),
        ("x" * 2_000_000, "more than 1048576 bytes"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_calendar_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_days(written(tmp_path, text))
    assert told in str(caught.value)


def test_a_file_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"cannot read .*: No such file"):
        read_days(tmp_path / "cn-2027.1.json")


def test_versions_are_compared_by_year_and_number() -> None:
    assert version_of("cn-2026.1") == ("cn", (2026, 1))
    assert version_of("cn-hangzhou-2026.10") == ("cn-hangzhou", (2026, 10))
    assert version_of("compressed:1.5") is None


def test_a_folder_of_calendars(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, called="cn-2027.2.json")
    written(tmp_path, called="notes.json")
    assert names_in(tmp_path) == ["cn-2027.1", "cn-2027.2"]
    assert days_in(tmp_path, "cn-2028.1") is None
    assert days_in(tmp_path, "../notes") is None
    with pytest.raises(
        InvalidInput, match=r"says that its name is 'cn-2027.1'; call the file cn-2027.1.json"
    ):
        days_in(tmp_path, "cn-2027.2")


def test_an_administration_sets_a_calendar_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAMLESS_CALENDARS", str(tmp_path))
    monkeypatch.setenv("SEAMLESS_CALENDAR", "cn-2027.1")
    with pytest.raises(InvalidInput, match=r"SEAMLESS_CALENDAR cannot be 'cn-2027.1': .* there is none"):
        load_settings()
    written(tmp_path)
    settings = load_settings()
    assert settings.calendar_days == settings.rules.days == read_days(tmp_path / "cn-2027.1.json")
    assert settings.legal_calendar.zone.key == "Asia/Shanghai"
    written(tmp_path, zone="Mars/Olympus")
    with pytest.raises(InvalidInput, match="zone: "):
        load_settings()
    monkeypatch.setenv("SEAMLESS_CALENDARS", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidInput, match=r"SEAMLESS_CALENDARS cannot be .*: there is no such folder"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, 600),
        ({"spread_seconds": 5}, 5),
        ({"calendar": "compressed:60"}, 0),
        ({"virtual_time": True}, 0),
    ],
)
def test_within_which_time_what_follows_at_a_midnight_is_taken(given: dict[str, Any], seconds: float) -> None:
    assert load_settings(**given).spread.total_seconds() == seconds
