"""The orchestrator is killed while time stands still, and while an extension waits for its approval: no due
date depends on it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.clock import clock_of, marks_of
from contracts.terms.calendar import calendar
from contracts.terms.limits import weeks
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Supplemented
from deploy.local.stack import Stack
from tests.applications import document, dormer
from tests.integration.town import Town

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

SOIL = {"zh": "土壤调查报告", "en": "Soil report", "field": "soil_report"}


def slow(requested: Event) -> dict[str, Any] | None:
    """A check that finds something missing, an adviser who needs more time, and nobody who approves yet."""
    about, supplemented = requested.data["request"], "/2" in str(requested.requestid)
    match about.partition(".")[2]:
        case "take-in":
            return {"outcome": "needed"}
        case "check-completeness":
            return {"outcome": "complete"} if supplemented else {"outcome": "incomplete", "missing": [SOIL]}
        case "advise-on-safety" | "advise-on-water":
            return {"outcome": "more-time"}
    return None


async def test_no_due_date_depends_on_when_the_orchestrator_was_killed(stack: Stack, town: Town) -> None:
    town.reply = slow
    case = await town.apply(procedure="environmental-permit", of=dormer())
    suspended = await entry_of(town, case, "suspended")
    stack.worker("orchestrator").kill()
    soil = document("soil").model_dump(mode="json")
    await town.say("portal", Supplemented(application={"soil_report": soil}), case)
    await asyncio.sleep(3)
    stack.start_worker("orchestrator")
    resumed = await entry_of(town, case, "resumed")
    supplemented = await entry_of(town, case, "supplemented")
    assert supplemented.recorded - supplemented.received > timedelta(seconds=2), (
        "it lay while nobody was there"
    )
    stood_still = supplemented.received - suspended.recorded
    began = (await entry_of(town, case, "opened")).received
    days = calendar(stack.settings.calendar)
    assert resumed.due == days.due(began, weeks(8)).at + stood_still

    await town.until(lambda: any(each.step == APPROVAL for each in town.ledger[case]))
    stack.worker("orchestrator").kill()
    await town.answer(f"{case}/{APPROVAL}", {"outcome": "approved"})
    await asyncio.sleep(3)
    stack.start_worker("orchestrator")
    extended = await entry_of(town, case, "extended")
    assert extended.due == days.due(began, weeks(8), weeks(6)).at + stood_still
    assert due_of(town, case) == extended.due
    await stack.ready()


APPROVAL = "environmental-permit.approve-extension/1"


async def entry_of(town: Town, case: str, kind: str) -> LedgerEntry:
    """The first entry of a kind, once it is there."""
    await town.until(lambda: kind in town.kinds(case))
    return next(each for each in town.ledger[case] if each.kind == kind)


def due_of(town: Town, case: str) -> datetime | None:
    """When the statutory limit ends, from the ledger alone."""
    due = clock_of(marks_of(town.ledger[case])).due
    return due.at if due else None
