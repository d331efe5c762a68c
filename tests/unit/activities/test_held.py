"""Consequences that are held are counted for as long as they are, also while nobody can ask for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.held import LEFT_AFTER, HeldConsequences
from tests.unit.activities.test_fence import FakeKafka, a_fence, fence_on

DEADLINE = datetime(2026, 3, 2, tzinfo=UTC)


class Platform:
    """When the platform was well last, as heartbeats tell."""

    well = datetime.now(UTC) - timedelta(days=1)

    def well_since(self, moment: datetime) -> bool:
        return self.well >= moment


def test_each_is_counted_once_under_its_latest_reason() -> None:
    held = HeldConsequences(Platform().well_since)
    for reason in ("gateway-behind", "gateway-behind", "broker-away"):
        held.hold("portal-1", DEADLINE, reason)
    held.hold("portal-2", DEADLINE, "broker-away")
    assert held.count("broker-away") == 2
    assert held.count("gateway-behind") == 0
    held.release("portal-1", DEADLINE)
    assert held.count("broker-away") == 1


def test_while_a_server_is_away_everything_is_still_held() -> None:
    platform = Platform()
    held = HeldConsequences(platform.well_since)
    held.hold("portal-1", DEADLINE, "broker-away")
    assert held.count("broker-away") == 1
    platform.well = datetime.now(UTC) + LEFT_AFTER + timedelta(seconds=1)  # and nobody has asked since
    assert held.count("broker-away") == 0


async def test_the_fence_tells_what_it_holds_and_what_it_lets_pass() -> None:
    kafka = FakeKafka([3, 0, 0], [2, -1, -1])
    fence = fence_on(kafka)
    held = a_fence()
    with pytest.raises(ApplicationError):
        await fence.await_gateway(held)
    assert fence._held.count("gateway-behind") == 1
    kafka.committed = [3, -1, -1]
    fence._committed_at = float("-inf")
    await fence.await_gateway(held)
    assert fence._held.count("gateway-behind") == 0
