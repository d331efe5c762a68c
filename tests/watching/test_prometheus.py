"""Debian's Prometheus scrapes the real stack, and answers what dashboards and runbooks ask."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panels import Dashboard
from deploy.local.stack import Stack
from tests.documented import queries
from tests.editions import CHINESE
from tests.integration.town import Town
from tests.metrics import figures
from tests.watching.promql import metrics_of
from tests.watching.rules import RECORDED
from tests.watching.servers import Prometheus, prometheus
from tests.watching.tools import tool

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
MADE_BY_PROMETHEUS = {"up", "ALERTS"}
ONLY_WHEN_SOMETHING_IS_WRONG = {"seamless_not_ready", "temporal_workflow_task_execution_failed_total"}
"""Metrics that have no series while all is well, or before the first failure."""

CHOSEN = {"agency": "housing", "procedure": "construction-permit", "AGENCY": "housing"}
PAGES = {
    page.stem: queries(page.read_text("utf-8"))
    for page in (ROOT / "docs" / "runbooks").glob("Seamless*.md")
    if not page.name.endswith(CHINESE)
}
"""What the page of each alert asks."""


@pytest.fixture(scope="module")
async def busy(stack: Stack) -> None:
    """A case has gone its way, so that there is something to count."""
    async with Town(stack.settings) as town:
        await town.closed(await town.apply())


@pytest.fixture(scope="module")
async def watching(
    stack: Stack, busy: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Prometheus]:
    """Prometheus, as soon as each process was scraped three times: a rate needs two."""
    async with prometheus(tmp_path_factory.mktemp("prometheus"), stack) as running:
        async with asyncio.timeout(60):
            while len(await running.query("count_over_time(up[1m]) >= 3")) < len(stack.metrics):
                await asyncio.sleep(0.5)
        scraped = datetime.now(UTC)
        async with asyncio.timeout(60):
            while not await evaluated_twice(running, scraped):  # a rule may ask for what another one records
                await asyncio.sleep(0.2)
        yield running


async def evaluated_twice(watching: Prometheus, since: datetime) -> bool:
    """Whether each group of rules has been evaluated twice since a moment, at the second that is its own."""
    groups = (await watching.get("/api/v1/rules"))["data"]["groups"]
    later = since + timedelta(seconds=2)
    return all(datetime.fromisoformat(each["lastEvaluation"]) > later for each in groups)


def test_prometheus_takes_configuration_and_rules() -> None:
    config = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    ran = subprocess.run(
        [tool("promtool"), "check", "config", "--lint-fatal", str(config)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


async def test_every_metric_of_panels_and_runbooks_is_in_a_scrape(stack: Stack, busy: None) -> None:
    """Without Prometheus, too: the processes are read as it reads them."""
    scraped = {name for at in stack.metrics.values() for name in (await figures(at)).names}
    known = scraped | RECORDED | MADE_BY_PROMETHEUS | ONLY_WHEN_SOMETHING_IS_WRONG
    asked = [expr for each in DASHBOARDS for expr in each.queries]
    asked += [each.metric for board in DASHBOARDS for each in board.variables]
    asked += [expr for page in PAGES.values() for expr in page]
    assert {expr: metrics_of(expr) - known for expr in asked if metrics_of(expr) - known} == {}


async def test_every_process_is_scraped(stack: Stack, watching: Prometheus) -> None:
    async with asyncio.timeout(60):  # on a busy machine one may be late by more than a scrape
        while len(await watching.query('up{job="seamless"} == 1')) != len(stack.metrics):
            await asyncio.sleep(0.5)


@pytest.mark.parametrize("shown", DASHBOARDS, ids=lambda each: each.uid)
async def test_every_panel_is_answered(watching: Prometheus, shown: Dashboard) -> None:
    empty = []
    for panel in shown.panels:
        for query in panel.queries:
            asked = query.expr.replace(" > 0", "")  # what there is none of is not shown
            if not await watching.query(filled(asked)) and not may_be_empty(asked):
                empty.append(f"{panel.title}: {query.expr}")
    assert empty == []


@pytest.mark.parametrize("shown", DASHBOARDS, ids=lambda each: each.uid)
async def test_every_variable_has_values(watching: Prometheus, shown: Dashboard) -> None:
    for variable in shown.variables:
        values = await watching.query(f"count by ({variable.name}) ({variable.metric})")
        assert CHOSEN[variable.name] in {each["metric"][variable.name] for each in values}


@pytest.mark.parametrize("page", PAGES)
async def test_every_query_of_a_runbook_is_answered(watching: Prometheus, page: str) -> None:
    for expr in PAGES[page]:
        answered = await watching.query(filled(expr))
        assert answered or may_be_empty(expr), expr


def filled(expr: str) -> str:
    for name, value in CHOSEN.items():
        expr = expr.replace(f"${name}", value)
    return expr


def may_be_empty(expr: str) -> bool:
    """A query that asks what is wrong has no answer when all is well; nor has one of failures, or of what
    only ends when a case was refused or late."""
    asks = re.search(r"[<>]|==", re.sub(r"\{.*?\}", "", expr))
    return bool(asks) or not metrics_of(expr).isdisjoint({"ALERTS", *ONLY_WHEN_SOMETHING_IS_WRONG})
