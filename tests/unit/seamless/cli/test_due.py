"""Due times are told as people count them: the last day that counts, where it is one, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.steps import Step
from contracts.terms.calendar import calendar
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import calendar_days, working_days
from seamless.cli.due import due_of
from tests.applications import new_case
from workers.process.settings import Settings

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
"""A Tuesday, at nine in Shanghai."""

CASE = new_case()
SHANGHAI = Settings(calendar="cn-2026.1")
REVIEW, FINE = (
    ("construction-permit.review-planning/1", "construction-permit"),
    ("wait-for-appeal/1", "traffic-fine"),
)


def told(
    due: datetime | None, now: datetime = NOW, settings: Settings = SHANGHAI, of: tuple[str, str] = REVIEW
) -> str:
    planning = AgencyId("planning")
    step = Step(
        case=CASE, sequence=2, step=of[0], kind="requested", agency=planning, opened=NOW, asked=NOW, due=due
    )
    return due_of(step, of[1], "2018-33", settings, now).plain


@pytest.mark.parametrize(
    ("of", "due", "said"),
    [
        (REVIEW, "2026-03-16T16:00Z", "2026-03-16 (Asia/Shanghai), 4 working days left"),
        (FINE, "2026-03-16T16:00Z", "2026-03-16 (Asia/Shanghai), 6 days left"),
        (("collect/1", "unheard-of"), "2026-03-16T16:00Z", "2026-03-16 (Asia/Shanghai), 4 working days left"),
        (REVIEW, "2026-03-11T16:00Z", "2026-03-11 (Asia/Shanghai), 1 working day left"),
        (REVIEW, "2026-03-10T16:00Z", "2026-03-10 (Asia/Shanghai), the last day"),
        (REVIEW, "2026-03-09T16:00Z", "2026-03-09 (Asia/Shanghai), overdue for 1 working day"),
        (REVIEW, "2026-03-02T16:00Z", "2026-03-02 (Asia/Shanghai), overdue for 6 working days"),
        (FINE, "2026-03-02T16:00Z", "2026-03-02 (Asia/Shanghai), overdue for 8 days"),
    ],
)
def test_the_last_day_and_what_is_left(of: tuple[str, str], due: str, said: str) -> None:
    assert told(datetime.fromisoformat(due), of=of) == said


def test_on_a_day_of_rest_after_the_last_day_it_is_overdue() -> None:
    saturday = datetime(2026, 3, 14, 1, tzinfo=UTC)
    assert told(datetime(2026, 3, 13, 16, tzinfo=UTC), saturday) == "2026-03-13 (Asia/Shanghai), overdue"


@pytest.mark.parametrize("name", ["cn-2026.1", "nl-2026.1", "it-2026.1"])
@pytest.mark.parametrize("days", [1, 10, 60, 400])
def test_what_a_calendar_counts_out_is_what_is_left(name: str, days: int) -> None:
    """Over summer time, holidays and worked weekends."""
    known = calendar(name)
    for limit in (working_days(days), calendar_days(days)):
        due = known.due(NOW, limit).at
        assert known.left(NOW, due, limit.unit) == days
        assert known.last_day(due) is not None
        assert known.left(due, due, limit.unit) in (-1, 0), "the day after the last one may be one of rest"


def test_another_calendars_due_time_is_reported_as_it_is() -> None:
    assert told(datetime(2026, 3, 10, 3, 4, 5, tzinfo=UTC)) == "2026-03-10 03:04:05 (UTC)"
    assert told(datetime(2026, 3, 10, 0, 4, 5, tzinfo=UTC)) == "2026-03-10 00:04:05 (UTC), overdue"


def test_compressed_days_have_no_dates() -> None:
    compressed = Settings(calendar="compressed:60")
    due = calendar("compressed:60").due(NOW, working_days(5)).at
    assert told(due, settings=compressed) == "2026-03-10 01:05:00 (UTC), 5 working days left"


def test_where_cases_live_by_a_logs_time_nothing_is_counted() -> None:
    replayed = Settings(virtual_time=True)
    assert told(datetime(2011, 3, 16, 16, tzinfo=UTC), settings=replayed) == "2011-03-16 (Asia/Shanghai)"


def test_a_due_time_that_was_erased_is_not_known() -> None:
    assert told(None) == "not known"
