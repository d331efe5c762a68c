"""A process begins once all its checks pass, and is not ready, with the reason, while one does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from contracts.terms.errors import InvalidInput, Unavailable
from deploy.local.ports import free_port
from workers.process import attendance
from workers.process.attendance import until_well, watch
from workers.process.checks.check import Check, Finding, of_servers, well, wrong
from workers.process.checks.every import CHECKS
from workers.process.checks.servers import Servers
from workers.process.readiness import Readiness
from workers.process.settings import load_settings

SETTINGS = load_settings()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_SECONDS", "WATCH_SECONDS", "AWAY_SECONDS"):
        monkeypatch.setattr(attendance, name, 0.01)


def one_after_the_other(*found: Finding) -> Callable[[Servers], Awaitable[Finding]]:
    """A check that finds these, each once, and the last one for ever."""
    left = list(found)

    async def ask(_: Servers) -> Finding:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


async def until(readiness: Readiness, *reasons: str) -> None:
    async with asyncio.timeout(5):
        while readiness.reasons != reasons:
            await asyncio.sleep(0.005)


async def test_what_an_operator_can_mend_is_waited_for_with_the_reason() -> None:
    readiness = Readiness(CollectorRegistry())
    mended = asyncio.Event()

    async def ask(_: Servers) -> Finding:
        return well("") if mended.is_set() else wrong("66 topics with those on the broker", "apply them")

    waiting = asyncio.create_task(until_well(SETTINGS, [Check("topics", ask)], readiness=readiness))
    await until(readiness, "starting", "topics")
    mended.set()
    await waiting
    assert readiness.reasons == ("starting",)


async def test_what_only_another_setting_can_mend_ends_the_process() -> None:
    ask = one_after_the_other(wrong("5 agencies with 6: it lacks drainage", "add it"))
    with pytest.raises(
        InvalidInput, match=r"directory: 5 agencies with 6: it lacks drainage. What to do: add it"
    ):
        await until_well(
            SETTINGS, [Check("directory", ask, final=True)], readiness=Readiness(CollectorRegistry())
        )


async def test_a_reason_that_gives_way_to_another_is_not_kept() -> None:
    readiness = Readiness(CollectorRegistry())
    ask = one_after_the_other(wrong("", ""), *[Finding("away", "no answer")] * 3, well(""))
    topics = one_after_the_other(*[well("")] * 2, *[wrong("", "")] * 50, well(""))
    waiting = asyncio.create_task(
        until_well(SETTINGS, [Check("namespace", ask), Check("topics", topics)], readiness=readiness)
    )
    await until(readiness, "starting", "topics")
    waiting.cancel()


async def test_a_server_that_is_away_is_the_reason_not_what_could_not_be_compared() -> None:
    readiness = Readiness(CollectorRegistry())
    settings = load_settings(kafka=f"127.0.0.1:{free_port()}")
    checks = [Check(name, one_after_the_other(well("")), frozenset({"kafka"})) for name in ("a", "b")]
    waiting = asyncio.create_task(until_well(settings, checks, readiness=readiness))
    await until(readiness, "starting", "kafka-away")
    waiting.cancel()


async def test_readiness_follows_a_server_that_goes_and_comes() -> None:
    readiness = Readiness(CollectorRegistry())
    readiness.begun()
    away = asyncio.Event()

    async def probe() -> None:
        if away.is_set():
            raise Unavailable("nobody listens")

    watching = asyncio.create_task(watch("kafka-away", probe, readiness=readiness))
    for _ in range(2):
        away.set()
        await until(readiness, "kafka-away")
        away.clear()
        await until(readiness)
    watching.cancel()


async def test_a_server_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance, "SILENCE_SECONDS", 0.05)
    readiness = Readiness(CollectorRegistry())
    readiness.begun()

    async def probe() -> None:
        await asyncio.Event().wait()

    watching = asyncio.create_task(watch("archive-away", probe, readiness=readiness))
    await until(readiness, "archive-away")
    watching.cancel()


def test_a_process_makes_the_checks_of_the_servers_that_it_works_with() -> None:
    def names(*servers: str) -> set[str]:
        return {check.name for check in of_servers(CHECKS, servers)}  # type: ignore[arg-type]

    assert names("temporal") == {
        "directory",
        "calendar",
        "namespace",
        "namespace-retention",
        "search-attributes",
    }
    assert names("kafka") == {"directory", "calendar", "topics", "partitions", "topic-settings"}
    assert names("kafka", "temporal") == names("kafka") | names("temporal") | {"clock-skew"}
