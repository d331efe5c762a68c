"""``python -m tests.nemeses --seed 1``: breaks the real stack by seed, and prints what came of it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.nemeses.faults import NEMESES
from tests.nemeses.run import CASES, FAULT_SECONDS, Outcome, drawn, run, table


def main() -> int:
    """Run; 1 when something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.nemeses", description=__doc__)
    parser.add_argument(
        "--seed", type=int, action="append", help="may be given several times; 1 if it is not"
    )
    parser.add_argument("--faults", help=f"names, with commas; all, unless given: {', '.join(NEMESES)}")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seconds", type=float, default=FAULT_SECONDS, help="how long a fault lasts")
    parser.add_argument("--data", type=Path, help="keep the data and the logs here")
    asked = parser.parse_args()
    names = asked.faults.split(",") if asked.faults else None
    if unknown := set(names or ()) - NEMESES.keys():
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)  # clients of the town, about the outages that are meant
    outcomes = [_run(seed, names, asked) for seed in asked.seed or [1]]
    print(table(outcomes))
    wrong = [f"seed {each.seed}: {finding}" for each in outcomes for finding in each.findings]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _run(seed: int, names: list[str] | None, asked: argparse.Namespace) -> Outcome:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nemeses-") as temporary:
        folder = asked.data / str(seed) if asked.data else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = asyncio.run(
            run(seed, folder, faults=names or drawn(seed), cases=asked.cases, fault_seconds=asked.seconds)
        )
    print(f"seed {seed}: {time.monotonic() - began:.0f} s; failed workflow tasks: {outcome.failed_tasks}")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
