"""What every process says of itself, and how its figures are written."""

from __future__ import annotations

import http.client
import re
from pathlib import Path

from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from temporalio.runtime import PrometheusConfig, Runtime

from workers.process.about import describe
from workers.process.metrics import serve_metrics
from workers.process.pulse import Pulse
from workers.process.sdk_metrics import TRIES, SdkMetrics
from workers.process.settings import load_settings


def scraped(**given: object) -> str:
    port = serve_metrics("archive", load_settings(**given), Pulse())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def test_no_counter_is_told_twice() -> None:
    """``_created`` series would double every one of them."""
    text = scraped()
    assert "seamless_gateway_rebalances_total" in text or "python_gc_collections_total" in text
    assert re.findall(r"^\w+_created\b.*$", text, re.MULTILINE) == []


def test_it_is_the_format_that_prometheus_reads() -> None:
    names = [family.name for family in text_string_to_metric_families(scraped())]
    assert "seamless_build_info" in names
    assert len(names) == len(set(names))


def test_a_process_says_which_it_is_and_of_which_build() -> None:
    describe("department-drainage", load_settings(agency="drainage", build="city.7"))
    [family] = [each for each in REGISTRY.collect() if each.name == "seamless_build_info"]
    [labels] = [each.labels for each in family.samples if each.labels["build"] == "city.7"]
    assert (labels["process"], labels["agency"]) == ("department", "drainage")


def test_the_disk_of_a_folder_that_is_not_there_yet_is_told(tmp_path: Path) -> None:
    describe("archive", load_settings(data=tmp_path / "not" / "yet"))
    free = REGISTRY.get_sample_value("seamless_disk_free_bytes")
    size = REGISTRY.get_sample_value("seamless_disk_size_bytes")
    assert free is not None
    assert size is not None
    assert 0 < free < size


def test_where_nobody_reads_them_the_sdk_counts_nothing() -> None:
    asked: list[PrometheusConfig | None] = []
    metrics = SdkMetrics()
    metrics.runtime(lambda config: asked.append(config) or Runtime.default())  # type: ignore[func-returns-value]
    assert asked == [None]
    assert metrics.exposition() == b""


def test_the_sdk_counts_on_though_its_ports_are_taken_again_and_again() -> None:
    """A process that cannot show the SDK's figures still does its work."""
    metrics = SdkMetrics()
    metrics.want()
    tried: list[PrometheusConfig | None] = []

    def make(config: PrometheusConfig | None) -> Runtime:
        tried.append(config)
        if config is not None:
            raise ValueError("Address already in use")
        return Runtime.default()

    assert metrics.runtime(make) is Runtime.default()
    assert len(tried) == TRIES + 1
    assert metrics.exposition() == b""
