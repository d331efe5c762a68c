"""A short form of the nemeses, for every change; ``make test-faults`` has the whole (docs/faults.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nemeses.run import drawn, run, table

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

SEED = 15
FAULTS = 5
CASES = 40
FAULT_SECONDS = 14.0


@pytest.mark.timeout(400)
async def test_nothing_is_lost_doubled_or_wrongly_bound_whatever_is_broken(tmp_path: Path) -> None:
    faults = drawn(SEED, FAULTS)
    outcome = await run(SEED, tmp_path, faults=faults, cases=CASES, fault_seconds=FAULT_SECONDS)
    print(table([outcome]))
    assert outcome.findings == [], "\n".join([*outcome.findings, "what happened:", *outcome.story])
    assert outcome.verdict.effects > 5 * CASES
