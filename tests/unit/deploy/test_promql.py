"""Which metrics a query asks for."""

from __future__ import annotations

import pytest

from tests.watching.promql import metrics_of


@pytest.mark.parametrize(
    ("query", "metrics"),
    [
        ("up", {"up"}),
        ('sum by (agency) (max without (instance) (a_total{b="c{d}", e!~"f|g"}))', {"a_total"}),
        ("rate(a_bucket[5m]) / on (instance) group_left (process) b_info", {"a_bucket", "b_info"}),
        ("a:b:rate5m > 0 or vector(0)", {"a:b:rate5m"}),
        ("histogram_quantile(0.95, sum by (le) (rate(a_bucket[1h] offset 1d)))", {"a_bucket"}),
        ("time() - max(a_timestamp_seconds) >= bool 2e3", {"a_timestamp_seconds"}),
        ("topk(5, increase(a_total[1h:30s])) unless ignoring(x) b", {"a_total", "b"}),
        ('a{topic=~"(.+[.])?agency[.]$agency[.]events"} * 1000', {"a"}),
    ],
)  # fmt: skip
def test_words_that_are_none_of_a_metric_are_left_out(query: str, metrics: set[str]) -> None:
    assert metrics_of(query) == metrics
