"""``python -m tests.simulation --seeds 5000``: runs seeds and prints the first that fails, with its story."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool

from tests.simulation.runs import Outcome, quiet, run_seed


def main() -> int:
    """Run; 1 when a seed fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--story", action="store_true", help="tell what happened, also of a seed that is well"
    )
    parser.add_argument("--all", action="store_true", help="go on after a seed that fails")
    asked = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets of names is part of a run
        command = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": "0"}, check=False).returncode
    began = time.monotonic()
    ran: Counter[str] = Counter()
    events = 0
    failed: list[Outcome] = []
    for outcome in outcomes(range(asked.first, asked.first + asked.seeds), asked.jobs):
        ran.update(outcome.troubles)
        ran["seeds"] += 1
        events += outcome.events
        if asked.story:
            print(*outcome.story, sep="\n")
        if outcome.violations:
            failed.append(outcome)
            print(f"seed {outcome.seed} ({', '.join(outcome.troubles)}): {outcome.violations[0]}", flush=True)
            if not asked.all:
                break
    troubles = ", ".join(f"{name} {count}" for name, count in sorted(ran.items()) if name != "seeds")
    print(f"{ran['seeds']} seeds, {events} events, {time.monotonic() - began:.1f} s, {len(failed)} failed")
    print(f"troubles: {troubles}")
    if failed:
        tell(failed[0])
    return 1 if failed else 0


def outcomes(seeds: range, jobs: int) -> Iterator[Outcome]:
    """The outcomes of seeds, in their order."""
    quiet()
    if jobs == 1:
        yield from map(run_seed, seeds)
        return
    with Pool(jobs, initializer=quiet) as pool:
        yield from pool.imap(run_seed, seeds, chunksize=8)


def tell(outcome: Outcome) -> None:
    """The story of a seed that failed."""
    print(f"\nseed {outcome.seed} (digest {outcome.digest}): {', '.join(outcome.troubles)}")
    print(*outcome.story, sep="\n")
    print(*(f"VIOLATION  {each}" for each in outcome.violations), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
