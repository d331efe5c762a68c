"""``seamless up`` goes on when one of its processes dies: the same data, the same addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.applications import application
from tests.commands.running import replaced, running_up, seamless
from tests.metrics import until

pytestmark = [pytest.mark.integration, pytest.mark.long]


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("SEAMLESS_CALENDAR", "compressed:60")  # or doctor tells when the published years end
    with running_up(tmp_path) as platform:
        yield platform


async def test_engines_and_workers_that_die_come_back_where_they_were(
    up: dict[str, Any], tmp_path: Path
) -> None:
    servers = ["--kafka", up["kafka"], "--temporal", up["temporal"], "--data", tmp_path]
    file = tmp_path / "application.json"
    file.write_text(application().model_dump_json())
    code, submitted = seamless("submit", file, "--kafka", up["kafka"], "--json")
    assert code == 0

    for engine in ("kafka.Kafka", "server start-dev"):
        await replaced(up["pid"], engine)
    await replaced(up["pid"], "workers.gateway.main")

    for address in up["metrics"].values():
        await until(address, lambda found: found["seamless_ready"] == 1, seconds=120)
    code, found = seamless("doctor", *servers, "--json")
    assert (code, [each for each in found["findings"] if each["result"] != "well"]) == (0, [])
    for _ in range(60):
        _, listed = seamless("case", "list", "--data", tmp_path, "--json")
        if submitted["case"] in {each["case"] for each in listed["cases"]}:
            break
    code, _ = seamless("case", "verify", submitted["case"], *servers[:2], *servers[4:], "--json")
    assert code == 0
