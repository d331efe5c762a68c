"""Mutants: each defect that was fixed, put back one at a time, has to be found.

``python -m tests.simulation.mutants`` prints which mutant is found, by what, and after how many seeds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import Pool
from typing import Any

from tests.simulation.defects import MUTANTS
from tests.simulation.defects.mutant import Mutant
from tests.simulation.runs import quiet, run_seed

SEEDS = 800
"""How many seeds are tried."""


@dataclass(frozen=True)
class Found:
    """What found a mutant; ``by`` is empty where nothing did."""

    by: str
    seeds: int
    why: str
    seconds: float


def hunt(name: str, seeds: int = SEEDS, jobs: int = 2) -> Found:
    """Look for a mutant: by seeds, then by its property tests."""
    began, mutant = time.monotonic(), _named(name)
    with mutant.put_back():  # here, where it fails; a pool would begin processes for ever
        pass
    with Pool(jobs, initializer=_put_in_quietly, initargs=(name,)) as pool:
        for outcome in pool.imap(run_seed, range(seeds), chunksize=4):
            if outcome.violations:
                pool.terminate()
                seconds = time.monotonic() - began
                return Found(f"seed {outcome.seed}", outcome.seed + 1, outcome.violations[0], seconds)
    if mutant.tests:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "tests.simulation.with_mutant",
            *mutant.tests,
        ]
        run = subprocess.run(
            command, env=os.environ | {"SEAMLESS_MUTANT": name}, check=False, capture_output=True, text=True
        )
        if run.returncode == 1:
            line = next((each for each in run.stdout.splitlines() if each.startswith("FAILED")), "a test")
            return Found(line.removeprefix("FAILED ").split(" ")[0], seeds, "", time.monotonic() - began)
    return Found("", seeds, "", time.monotonic() - began)


def _named(name: str) -> Mutant:
    return next(each for each in MUTANTS if each.name == name)


_KEPT: list[AbstractContextManager[Any]] = []


def put_in(name: str) -> None:
    """Put a mutant into this process, for good."""
    _KEPT.append(_named(name).put_back())  # collected, it would take the mutant out again
    _KEPT[-1].__enter__()


def _put_in_quietly(name: str) -> None:
    quiet()
    put_in(name)


def main() -> int:
    """Hunt; 1 when a mutant is not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "tests.simulation.mutants", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": "0"}, check=False).returncode
    missed = 0
    for mutant in [each for each in MUTANTS if not asked.names or each.name in asked.names]:
        found = hunt(mutant.name, asked.seeds, asked.jobs)
        missed += not found.by
        by = found.by or f"NOTHING in {found.seeds} seeds"
        print(f"{mutant.name:20} {mutant.what:70} {by} ({found.seconds:.0f} s)", flush=True)
        if found.why:
            print(f"{'':20} {found.why[:150]}", flush=True)
    print(f"{missed} mutants were not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
