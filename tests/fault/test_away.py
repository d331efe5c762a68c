"""While a server is away the processes say so, and their figures stay true."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest

from contracts.wire.messages import ApplicantWithdrew
from deploy.local.engine import Engine
from deploy.local.stack import WORKERS, Stack
from tests.applications import new_case
from tests.integration.judge import judge
from tests.integration.town import Town
from tests.metrics import figures, until
from workers.process.temporal import connect

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

AGE = "seamless_gateway_oldest_unfinished_age_seconds"
LAG = "seamless_gateway_lag_records"
OF_KAFKA = {"gateway", "orchestrator", "archive"}
OF_TEMPORAL = set(WORKERS) - {"archive"}


def killed(engine: Engine) -> None:
    engine.kill()


def frozen(engine: Engine) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)


@pytest.fixture
async def back(stack: Stack) -> AsyncIterator[None]:
    """Whatever a test does to them, both engines run in the end, and all processes are ready."""
    yield
    for engine in (stack.kafka, stack.temporal):
        assert engine is not None
        if engine.pid is None:
            await engine.start()
        else:
            os.kill(engine.pid, signal.SIGCONT)
    await stack.ready()


async def all_say(stack: Stack, names: set[str], reasons: set[str]) -> None:
    """Return when these processes give exactly these reasons for not being ready."""
    for name in sorted(names):
        found = await until(stack.metrics[name], lambda found: found.not_ready == reasons)
        assert found["seamless_ready"] == (0 if reasons else 1)


@pytest.mark.usefixtures("back")
@pytest.mark.parametrize("harm", [killed, frozen])
@pytest.mark.parametrize(("server", "concerned"), [("kafka", OF_KAFKA), ("temporal", OF_TEMPORAL)])
async def test_whoever_needs_a_server_that_is_away_is_not_ready_until_it_is_back(
    stack: Stack, server: str, concerned: set[str], harm: Callable[[Engine], None]
) -> None:
    engine: Engine = getattr(stack, server)
    harm(engine)
    await all_say(stack, concerned, {f"{server}-away"})
    await all_say(stack, set(WORKERS) - concerned, set())
    if engine.pid is None:
        await engine.start()
    else:
        os.kill(engine.pid, signal.SIGCONT)
    await all_say(stack, set(WORKERS), set())


@pytest.mark.usefixtures("back")
async def test_an_event_that_is_not_carried_grows_older_although_the_broker_is_dead(
    stack: Stack, town: Town
) -> None:
    """It becomes a dead letter, which a dead broker does not take. The session ends in between (6 s)."""
    assert stack.kafka is not None
    gateway = stack.metrics["gateway"]
    await until(gateway, lambda found: (found[LAG], found[AGE]) == (0, 0))
    await town.say("portal", ApplicantWithdrew(), new_case())
    await until(gateway, lambda found: found["seamless_gateway_in_flight"] == 1)
    stack.kafka.kill()
    await until(gateway, lambda found: found["seamless_ready"] == 0)
    before = await figures(gateway)
    for _ in range(10):
        await asyncio.sleep(1)
        now = await figures(gateway)
        assert now[LAG] == 1
        assert now["seamless_gateway_in_flight"] == 1
        assert now["seamless_ready"] == 0
    for name in (AGE, "seamless_gateway_heartbeat_age_seconds"):
        assert now[name] >= before[name] + 9, name  # type: ignore[operator]
    await stack.kafka.start()
    await until(gateway, lambda found: (found[LAG], found[AGE], found["seamless_ready"]) == (0, 0, 1))


@pytest.mark.usefixtures("back")
async def test_a_dead_broker_fills_no_disk(stack: Stack, town: Town) -> None:
    """Cases that have something to send, and processes that read: what they say meanwhile is little. What
    the client library says about the cause is in the log, though not again for every outage."""
    assert stack.kafka is not None
    town.reply = lambda requested: None
    cases = [await town.apply() for _ in range(20)]
    await town.until(lambda: all("requested" in town.kinds(case) for case in cases))
    sizes = {name: stack.worker(name).log.stat().st_size for name in OF_KAFKA}
    stack.kafka.kill()
    client = await connect(stack.settings)
    for case in cases:  # has each say something, by a way that does not need the broker
        await client.get_workflow_handle(case).cancel()
    for name in OF_KAFKA:
        await until(stack.metrics[name], lambda found: found["seamless_ready"] == 0)
    await asyncio.sleep(15)
    for name, size in sizes.items():
        with stack.worker(name).log.open() as file:
            assert any("Connection refused" in line and '"logger": "aiokafka' in line for line in file), name
            file.seek(size)
            lines = file.read().splitlines()
        assert len(lines) < 200, name
        assert sum(len(line) for line in lines) < 1_000_000, name
        assert sum('"event": "not ready"' in line for line in lines) == 1, name
    await stack.kafka.start()
    await town.closed(*cases)
    await judge(stack.settings, cases)
