"""A calendar that is published reaches a case on a real Temporal server, and the archive says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from temporalio.client import Client

from archive.reader import ArchiveReader
from contracts.procedures.tree_felling import InspectTree
from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from seamless.operate.publishing import CasesInTemporal, Told, publish, reach_of
from seamless.testing import case_of
from tests.applications import new_case, tree
from tests.chains import records
from workers.archive.store import ArchiveStore
from workflows.tree_felling import TreeFelling


def with_one_more_holiday() -> CalendarDays:
    known = calendar("cn-2026.1")
    assert isinstance(known, LegalCalendar)
    holidays = sorted([*known.days.holidays, date(2026, 3, 4)])
    return known.days.model_copy(update={"name": "cn-2026.2", "holidays": tuple(holidays)})


async def test_an_open_case_counts_again_and_is_passed_over_from_then_on(
    temporal: Client, tmp_path: Path
) -> None:
    days, url = with_one_more_holiday(), f"sqlite:///{tmp_path / 'archive.db'}"
    store, archive = ArchiveStore(url), ArchiveReader(url)
    store.prepare()
    async with case_of(TreeFelling, tree(), temporal) as case:
        await case.asked(InspectTree)
        store.write(records(case.entries))
        reach = await reach_of(archive, days)
        assert reach.cases == (case.id,)
        cases = CasesInTemporal(temporal)
        assert await publish(reach, days, cases, rate=100, tell=lambda done: None) == Told(told=1)
        await case.until(lambda: "rescheduled" in case.kinds)
        published = next(entry for entry in case.entries if entry.kind == "calendar")
        assert published.due is not None
        assert published.due_before is not None
        assert (published.calendar, (published.due - published.due_before).days) == ("cn-2026.2", 1)
        store.write(records(case.entries))
        assert (await reach_of(archive, days)).passed_over == {"has-it": 1}
    assert await cases.tell(new_case(), days) == "unknown"
    store.close()
    await archive.close()
