"""The names and units of all metrics are as Prometheus wants them, and the documentation has each."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from archive.figures import Figures
from contracts.terms.directory import load_directory
from tests.watching.tools import tool
from workers.archive.figures import ArchiveFigures

for each in (
    "activities.fence",
    "activities.outbox",
    "workers.archive.counting",
    "workers.archive.writer",
    "workers.gateway.metrics",
    "workers.process.metrics",
    "workers.process.spans",
    "workers.watcher.main",
):
    importlib.import_module(each)  # all metrics that there are
OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"


def exposition() -> str:
    """Our metrics, as a process shows them that is all processes in one."""
    figures = ArchiveFigures(load_directory())
    figures.tell(Figures({}, {}, {}, {}, {}, datetime.now(UTC)))
    registry = CollectorRegistry()
    registry.register(figures)
    text = (generate_latest(REGISTRY) + generate_latest(registry)).decode()
    return "".join(f"{line}\n" for line in text.splitlines() if re.match(r"(# \w+ )?seamless_", line))


def names() -> Iterator[str]:
    """The names of our metrics."""
    yield from re.findall(r"^# TYPE (\S+) ", exposition(), re.MULTILINE)


def test_prometheus_s_tool_finds_nothing_to_say_of_names_units_and_help() -> None:
    ran = subprocess.run(
        [tool("promtool"), "check", "metrics"],
        input=exposition(), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.parametrize("name", sorted(names()))
def test_the_documentation_says_what_a_metric_means(name: str) -> None:
    section = OPERATING.read_text("utf-8").split("\n## Metrics\n")[1]
    assert f"`{name}`" in section


def test_the_documentation_names_no_metric_that_there_is_not() -> None:
    section = OPERATING.read_text("utf-8").split("\n## Metrics\n")[1]
    assert set(re.findall(r"`(seamless_\w+)`", section)) == set(names())
