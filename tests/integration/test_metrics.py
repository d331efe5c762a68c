"""What the running platform tells Prometheus: everything that the rules ask for, and what a case has done."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from contracts.procedures.catalogue import CATALOGUE
from deploy.local.stack import WORKERS, Stack
from tests.integration.town import Town
from tests.metrics import figures
from tests.watching.promql import metrics_of
from tests.watching.rules import RECORDED, RULES

pytestmark = pytest.mark.integration

MADE_BY_PROMETHEUS = {"up"}
FROM_THE_FIRST_FAILURE = {"temporal_workflow_task_execution_failed_total"}
"""Metrics of the SDK that are there from the first failure on. ``test_stuck`` sees one."""

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def asked(address: str, page: str) -> tuple[int, str]:
    """What a process answers on one of its pages."""
    try:
        with urllib.request.urlopen(address.replace("/metrics", page), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def scraped(stack: Stack, process: str) -> Series:
    """Every series of a process."""
    _, text = await asyncio.to_thread(asked, stack.metrics[process], "/metrics")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(series: Series, name: str, **labels: str) -> float | None:
    return series.get((name, frozenset(labels.items())))


async def test_every_metric_that_a_rule_asks_for_is_in_a_scrape(stack: Stack, town: Town) -> None:
    await town.closed(await town.apply())
    names = {name for at in stack.metrics.values() for name in (await figures(at)).names}
    known = names | RECORDED | MADE_BY_PROMETHEUS | FROM_THE_FIRST_FAILURE
    unknown = {rule.name: metrics_of(rule.expression) - known for rule in RULES}
    assert {rule: missing for rule, missing in unknown.items() if missing} == {}


async def test_a_process_says_what_it_is_whether_it_lives_and_whether_it_is_ready(stack: Stack) -> None:
    await stack.ready()
    for process in WORKERS:
        address = stack.metrics[process]
        assert await asyncio.to_thread(asked, address, "/healthz") == (200, "lives\n")
        assert await asyncio.to_thread(asked, address, "/readyz") == (200, "ready\n")
        assert (await asyncio.to_thread(asked, address, "/"))[0] == 404
        series = await scraped(stack, process)
        [labels] = [dict(labels) for name, labels in series if name == "seamless_build_info"]
        assert process in (labels["process"], f"{labels['process']}-{labels['agency']}")
        assert not [name for name, _ in series if name.endswith("_created")]


async def test_the_sdk_s_own_metrics_are_among_those_of_the_process(stack: Stack, town: Town) -> None:
    await town.closed(await town.apply())
    series = await scraped(stack, "orchestrator")
    names = {name for name, _ in series}
    assert {
        "temporal_workflow_task_execution_latency_seconds_count",
        "temporal_activity_execution_latency_seconds_bucket",
        "temporal_worker_task_slots_available",
        "temporal_request_total",
    } <= names
    assert not [name for name, _ in await scraped(stack, "archive") if name.startswith("temporal_")]


async def test_what_a_case_does_is_counted_from_a_series_that_was_there_before(
    stack: Stack, town: Town
) -> None:
    procedure = "construction-permit"

    async def counted() -> Series:
        return await scraped(stack, "archive")

    def figures_in(series: Series) -> list[float | None]:
        return [
            of(series, "seamless_cases_opened_total", procedure=procedure),
            of(series, "seamless_cases_closed_total", procedure=procedure),
            of(series, "seamless_cases_decided_total", procedure=procedure, outcome="granted"),
            of(series, "seamless_request_wait_seconds_count", agency="planning"),
            of(series, "seamless_event_effect_delay_seconds_count"),
        ]

    before = await until(counted, lambda series: None not in figures_in(series))
    named = {dict(labels)["procedure"] for name, labels in before if name == "seamless_cases_opened_total"}
    assert named >= CATALOGUE.keys()
    await town.closed(await town.apply())

    def all_have_grown(series: Series) -> bool:
        return of(series, "seamless_archive_complete") == 1 and all(
            now is not None and then is not None and now > then
            for now, then in zip(figures_in(series), figures_in(before), strict=True)
        )

    await until(counted, all_have_grown)


async def test_nothing_of_a_case_or_a_person_is_in_a_label(stack: Stack, town: Town) -> None:
    case = await town.apply()
    await town.closed(case)
    told = json.dumps([sorted(labels) for process in WORKERS for _, labels in await scraped(stack, process)])
    assert case not in told
    assert case.rsplit("-", 1)[-1] not in told


async def until(counted: Callable[[], Awaitable[Series]], holds: Callable[[Series], bool]) -> Series:
    """What is counted once a condition holds of it."""
    async with asyncio.timeout(60):
        while not holds(series := await counted()):
            await asyncio.sleep(0.3)
    return series
