"""``seamless doctor``: what it prints, and when."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Sequence
from typing import cast

import pytest

from tests.unit.seamless.cli.running import command
from workers.process.checks.check import Check, Finding
from workers.process.settings import Settings

KAFKA = Finding("away", "nobody listens on port 1", check="kafka")
PROCEDURES = Finding("well", "the code of each procedure with the rules of its check", check="procedures")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was printed when the check of the procedures came to its end, which takes minutes under load."""
    printed: list[str] = []

    async def make(checks: Sequence[Check], settings: Settings) -> list[Finding]:
        if "procedures" not in {each.name for each in checks}:
            return [KAFKA]
        await asyncio.sleep(0.1)
        printed.append(cast(io.StringIO, sys.stdout).getvalue())
        return [PROCEDURES]

    monkeypatch.setattr("workers.process.checks.check.make", make)
    return printed


def test_what_is_wrong_with_a_server_is_shown_before_the_procedures_are_checked(checked: list[str]) -> None:
    said = command("doctor")
    assert "kafka" in checked[0]
    assert "procedures" not in checked[0]
    assert "procedures" in said.out
    assert said.code == 3


def test_a_program_gets_one_answer(checked: list[str]) -> None:
    said = command("doctor", "--json")
    assert checked == [""]
    assert [each["check"] for each in json.loads(said.out)["findings"]] == ["kafka", "procedures"]
    assert said.code == 3
