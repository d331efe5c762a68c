"""The file that tells Prometheus whom to scrape."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.local.targets import TARGETS, write_targets


def test_it_names_the_processes_that_there_are_now(tmp_path: Path) -> None:
    write_targets(tmp_path, ["http://127.0.0.1:20001/metrics", "http://[::1]:20002/metrics"])
    write_targets(tmp_path, ["http://[::1]:20002/metrics"])
    assert json.loads((tmp_path / TARGETS).read_text("utf-8")) == [{"targets": ["[::1]:20002"]}]
    assert [each.name for each in tmp_path.iterdir()] == [TARGETS]
