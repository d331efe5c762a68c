"""What follows from a cause is muted while the cause is told: tried on the real Alertmanager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.watching.servers import Server, alertmanager


@pytest.fixture(scope="module")
async def manager(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


Labels = dict[str, str]


def alert(name: str, severity: str = "warning", **labels: str) -> Labels:
    return {"alertname": f"Seamless{name}", "severity": severity, **labels}


async def muted(manager: Server, town: str, *fired: Labels) -> list[str]:
    """Which of these alerts, fired at the same time, nobody is told of, by name.

    Args:
        town: told apart by a label, since alerts of other tests are there, too.
    """
    await manager.post("/api/v2/alerts", [{"labels": each | {"town": town}} for each in fired])
    await all_is_seen(manager, town)
    found: list[Any] = await manager.get("/api/v2/alerts", filter=f'town="{town}"')
    assert len(found) == len(fired)
    named = [each["labels"]["alertname"] for each in found if each["status"]["state"] == "suppressed"]
    return sorted(each.removeprefix("Seamless") for each in named)


async def all_is_seen(manager: Server, town: str) -> None:
    """Wait until Alertmanager has taken in what it was told: it does so in order, so two more alerts of which
    one mutes the other are the last that it sees."""
    last = [alert("Last", severity, instance=town) for severity in ("critical", "warning")]
    await manager.post("/api/v2/alerts", [{"labels": each} for each in last])
    async with asyncio.timeout(60):
        while True:
            seen: list[Any] = await manager.get("/api/v2/alerts", filter=f'instance="{town}"')
            if "suppressed" in {each["status"]["state"] for each in seen}:
                return
            await asyncio.sleep(0.05)


async def fresh(manager: Server) -> None:
    """End the alerts of the tests before: a cause of theirs would mute ours."""
    known: list[Any] = await manager.get("/api/v2/alerts")
    over = [{"labels": each["labels"], "endsAt": "2026-01-01T00:00:00Z"} for each in known]
    over = [each | {"startsAt": "2025-12-31T00:00:00Z"} for each in over]
    if over:
        await manager.post("/api/v2/alerts", over)


@pytest.fixture(autouse=True)
async def nothing_fires(manager: Server) -> None:
    await fresh(manager)


KAFKA_AWAY = alert("NotReady", "critical", reason="kafka-away")


async def test_a_dead_broker_is_told_alone(manager: Server) -> None:
    follows = [
        alert("EventsWait", "critical"),
        alert("NoHeartbeat", "critical"),
        alert("ConsequencesHeld", reason="broker-away"),
        alert("ConsequencesHeld", reason="gateway-away"),
        alert("CasesStuck", "critical", reason="outbox-failing"),
        alert("NotReady", "critical", reason="consumer-failed"),
        alert("ArchiveBehind"),
        alert("RequestsOverdue", agency="tax"),
        alert("AgencySilent", "critical", agency="tax"),
    ]
    told = await muted(manager, "dead-broker", KAFKA_AWAY, *follows)
    assert told == sorted(each["alertname"].removeprefix("Seamless") for each in follows)


async def test_a_dead_broker_hides_nothing_that_does_not_follow_from_it(manager: Server) -> None:
    others = [
        alert("DiskFills", "critical"),
        alert("CalendarEnds"),
        alert("LedgerForked", "critical"),
        alert("ProcessMissing", "critical", process="watcher"),
        alert("ConsequencesHeld", reason="dead-letter-waits"),
        alert("CasesStuck", "critical", reason="workflow-gone"),
        alert("DeadLettersWaiting", reason="invalid"),
    ]
    assert await muted(manager, "beside", KAFKA_AWAY, *others) == []


async def test_temporal_away_mutes_what_stands_still_with_it(manager: Server) -> None:
    away = alert("NotReady", "critical", reason="temporal-away")
    follows = [alert("CasesStuck", "critical", reason="no-worker"), alert("StuckNotCounted")]
    told = await muted(manager, "no-temporal", away, *follows, alert("ArchiveBehind"))
    assert told == ["CasesStuck", "StuckNotCounted"]


async def test_a_missing_process_mutes_what_it_would_have_done(manager: Server) -> None:
    missing = alert("ProcessMissing", "critical", process="archive")
    follows = [alert("ArchiveIncomplete", "critical"), alert("FiguresOld"), alert("StuckNotCounted")]
    assert await muted(manager, "no-archive", missing, *follows) == ["ArchiveIncomplete", "FiguresOld"]


async def test_a_silent_agency_is_told_once_and_a_late_one_beside_it_too(manager: Server) -> None:
    silent = alert("AgencySilent", "critical", agency="tax")
    late = [alert("RequestsOverdue", agency="tax"), alert("RequestsOverdue", agency="planning")]
    assert await muted(manager, "late", silent, *late) == ["RequestsOverdue"]


async def test_a_critical_alert_mutes_its_own_warning_and_no_other(manager: Server) -> None:
    ends = alert("CalendarEnds", "critical", calendar="cn-2026.1")
    others = [alert("CalendarEnds", calendar="cn-2026.1"), alert("CalendarEnds", calendar="nl-2026.1")]
    assert await muted(manager, "ends", ends, *others) == ["CalendarEnds"]


async def test_muted_alerts_are_told_when_their_cause_is_gone(manager: Server) -> None:
    assert await muted(manager, "gone", KAFKA_AWAY, alert("EventsWait", "critical")) == ["EventsWait"]
    await fresh(manager)
    assert await muted(manager, "outlasts", alert("EventsWait", "critical")) == []
