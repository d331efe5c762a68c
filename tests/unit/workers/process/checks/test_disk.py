"""The disk check: room is compared as the alert does it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.watching.rules import RULES
from workers.process.checks import disk
from workers.process.checks.disk import LEAST_BYTES, LEAST_SHARE, room
from workers.process.checks.servers import Servers
from workers.process.settings import load_settings

GIB = 2**30


@pytest.mark.parametrize(
    ("free", "size", "result"),
    [
        (50 * GIB, 100 * GIB, "well"),
        (10 * GIB, 100 * GIB, "well"),
        (10 * GIB - 1, 100 * GIB, "wrong"),
        (GIB, 2 * GIB, "well"),
        (GIB - 1, 2 * GIB, "wrong"),
        (0, 0, "wrong"),
        (float("nan"), float("nan"), "well"),
    ],
)
async def test_a_disk_is_nearly_full_below_a_tenth_or_a_gibibyte(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, size: float, result: str
) -> None:
    monkeypatch.setattr(disk, "disk", lambda folder: (free, size))
    found = await room(Servers(load_settings(data=tmp_path)))
    assert found.result == result
    assert str(tmp_path) in found.compared
    assert (found.cure != "") == (result == "wrong")


def test_check_and_alert_draw_the_line_in_the_same_place() -> None:
    [rule] = [rule for rule in RULES if rule.name == "SeamlessDiskFills"]
    assert [float(each) for each in re.findall(r"< ([\d.]+)", rule.expression)] == [LEAST_BYTES, LEAST_SHARE]
