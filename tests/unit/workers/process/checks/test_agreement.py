"""The settings against the code: whom the procedures need, and which laws are in force."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from contracts.terms.directory import load_directory
from contracts.terms.identifiers import AgencyId
from workers.process.checks import agreement
from workers.process.checks.agreement import clock_and_calendar, directory, laws
from workers.process.checks.servers import Servers
from workers.process.settings import Settings, load_settings

EVERYBODY = load_directory()


def settings_with(tmp_path: Path, *, without: str = "", check: str = "") -> Settings:
    """The demonstration's directory without an agency, or with one that takes part by a check."""
    agencies = tuple(
        each.model_copy(update={"participation": "check"}) if each.id == check else each
        for each in EVERYBODY.agencies
        if each.id != without
    )
    file = tmp_path / "directory.json"
    file.write_text(EVERYBODY.model_copy(update={"agencies": agencies}).model_dump_json(), "utf-8")
    return load_settings(SEAMLESS_DIRECTORY=file)


async def test_the_demonstration_has_everybody() -> None:
    assert (await directory(Servers(load_settings()))).result == "well"


@pytest.mark.parametrize(
    ("agency", "needed_for"),
    [
        ("drainage", "answers construction-permit.review-drainage"),
        ("housing", "hears of overdue construction-permit.review-planning"),
        ("housing", "answers construction-permit.review-environment"),
        ("municipality", "leads permit-receipt"),
        ("judge", "reports in traffic-fine"),
        ("credit-collector", "is handed traffic-fine.collect-debt"),
    ],
)
async def test_an_agency_that_the_directory_lacks_is_named_with_what_needs_it(
    tmp_path: Path, agency: str, needed_for: str
) -> None:
    found = await directory(Servers(settings_with(tmp_path, without=agency)))
    assert found.result == "wrong"
    assert f"it lacks {agency} (" in found.compared
    assert needed_for in found.compared
    assert "SEAMLESS_DIRECTORY" in found.cure


async def test_an_automated_check_that_nobody_has_written(tmp_path: Path) -> None:
    found = await directory(Servers(settings_with(tmp_path, check="planning")))
    assert found.result == "wrong"
    assert "planning" in found.compared
    assert AgencyId("planning") not in agreement.AUTOMATED


@pytest.mark.parametrize(
    ("agency", "why"),
    [
        ("housing", "answers construction-permit.review-environment where another is silent"),
        ("steering-committee", "by a person"),
    ],
)
async def test_what_no_check_can_do_needs_a_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agency: str, why: str
) -> None:
    monkeypatch.setattr(agreement, "AUTOMATED", agreement.AUTOMATED | {AgencyId(agency): ()})
    found = await directory(Servers(settings_with(tmp_path, check=agency)))
    assert (found.result, why in found.compared) == ("wrong", True), found


class FrozenClock(datetime):
    """It is a day on which no law of the catalogue is in force yet."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime(1990, 1, 1, tzinfo=UTC)


async def test_a_clock_before_every_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "datetime", FrozenClock)
    found = await clock_and_calendar(Servers(load_settings()))
    assert found.result == "wrong"
    assert found.compared.startswith("1990-01-01, by the calendar cn-2026.1")


async def test_a_law_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    item = agreement.CATALOGUE["traffic-fine"]
    over = item.model_copy(update={"laws": (item.laws[0].model_copy(update={"until": date(2000, 1, 1)}),)})
    monkeypatch.setitem(agreement.CATALOGUE, "traffic-fine", over)
    found = await laws(Servers(load_settings(calendar="compressed:1")))
    assert found.result == "wrong"
    assert "traffic-fine" in found.compared
    assert (await clock_and_calendar(Servers(load_settings()))).result == "well"


async def test_a_calendar_whose_published_years_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(FrozenClock):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2031, 5, 1, tzinfo=UTC)

    monkeypatch.setattr(agreement, "datetime", Later)
    found = await laws(Servers(load_settings(calendar="cn-2026.1")))
    assert found.result == "wrong"
    assert "published year is over" in found.compared
