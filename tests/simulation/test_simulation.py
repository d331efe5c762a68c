"""Forty seeds of the simulation; ``make simulation`` runs thousands, and shows how a failure reads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulation.defects import MUTANTS

SEEDS = 40
ENVIRONMENT = os.environ | {"PYTHONHASHSEED": "0"}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the simulation in a process of its own: it replaces what everybody shares."""
    return subprocess.run(
        [sys.executable, "-m", *arguments], env=ENVIRONMENT, check=False, capture_output=True, text=True
    )


@pytest.mark.long
def test_every_seed_is_well() -> None:
    run = command("tests.simulation", "--seeds", str(SEEDS))
    assert run.returncode == 0, run.stdout
    assert f"{SEEDS} seeds" in run.stdout


def test_a_seed_replays_exactly() -> None:
    one, other = (command("tests.simulation", "--seeds", "3", "--jobs", "1", "--story") for _ in range(2))
    told = [line for line in one.stdout.splitlines() if "seeds," not in line]
    assert len(told) > 100
    assert told == [line for line in other.stdout.splitlines() if "seeds," not in line]


def test_a_mutant_is_found() -> None:
    """One of them, as a check of the oracles; ``make mutants`` has them all."""
    run = command("tests.simulation.mutants", "backwards", "--seeds", "10")
    assert run.returncode == 0, run.stdout + run.stderr


def test_mutants_have_names_of_their_own() -> None:
    assert len({each.name for each in MUTANTS}) == len(MUTANTS)
