"""``seamless up``: what it tells a person to go on with."""

from __future__ import annotations

import pytest

from seamless.cli.up import print_addresses
from workers.process.settings import load_settings

ADDRESSES = {
    "kafka": "127.0.0.1:9092",
    "temporal_ui": None,
    "metrics": {"gateway": "http://127.0.0.1:9101/metrics", "archive": "http://127.0.0.1:9102/metrics"},
}


def test_each_address_has_a_line_and_what_there_is_none_of_has_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_addresses(ADDRESSES, load_settings(), compressed=False)
    said = capsys.readouterr().out.splitlines()
    assert said[: said.index("")] == [
        "kafka 127.0.0.1:9092",
        "metrics of gateway http://127.0.0.1:9101/metrics",
        "metrics of archive http://127.0.0.1:9102/metrics",
    ]
