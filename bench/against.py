"""``python -m bench.against CHECKOUT``: compares this checkout with another one, in pairs of runs of the
bench.

Each run brings up a stack of its own, so the two never share a server. Which one goes first changes from pair
to pair. The figures are ratios, this checkout over the other: of the platforms' throughputs, and of the
processor time that a case takes, which is steadier on a machine that has other work. Each comes with the 95 %
interval of its geometric mean (Student's t on the logarithms).
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any, NamedTuple

import typer

HERE = Path(__file__).resolve().parents[1]

T_975 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 11: 2.20}
"""Student's t, two-sided 95 %, by degrees of freedom; 2.2 beyond."""


def against(
    checkout: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The other checkout.")],
    pairs: Annotated[int, typer.Option(min=2, help="Pairs of runs.")] = 8,
    cases: Annotated[int, typer.Option(min=1, help="Cases in each run.")] = 60,
) -> None:
    """Compare this checkout with another one. Takes about a minute and a half for each pair.

    Example: [bold]python -m bench.against ../before --pairs 8[/bold]
    """
    other = checkout.resolve()
    measured: list[dict[Path, Run]] = []
    for number in range(pairs):
        sides = (HERE, other) if number % 2 else (other, HERE)
        runs = {side: _run(side, cases) for side in sides}
        measured.append(runs)
        told = ", ".join(
            f"{name} {runs[side].rate:.2f} cases/s, {runs[side].processor_ms:.0f} ms a case"
            for name, side in (("here", HERE), ("there", other))
        )
        print(f"pair {number + 1} of {pairs}: {told}", file=sys.stderr, flush=True)
    rates = [runs[HERE].rate / runs[other].rate for runs in measured]
    processor = [runs[HERE].processor_ms / runs[other].processor_ms for runs in measured]
    print(json.dumps({"throughput": summary(rates), "processor": summary(processor)}))


class Run(NamedTuple):
    """One run of a checkout's platform: finished cases per second, and processor time per case."""

    rate: float
    processor_ms: float


def summary(ratios: list[float]) -> dict[str, Any]:
    """The geometric mean of ratios with its 95 % interval."""
    logs = [math.log(ratio) for ratio in ratios]
    half = T_975.get(len(logs) - 1, 2.2) * stdev(logs) / math.sqrt(len(logs))
    low, middle, high = (round(math.exp(mean(logs) + by), 3) for by in (-half, 0, half))
    return {
        "pairs": len(ratios),
        "ratio": middle,
        "interval_95": [low, high],
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def _run(checkout: Path, cases: int) -> Run:
    bench = [sys.executable, "-m", "bench", "--pairs", "1", "--cases", str(cases), "--json"]
    ended = subprocess.run(
        bench,
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    made = json.loads(ended.stdout.splitlines()[-1])
    spent = made["processor_ms_per_case"]["platform"]
    processor = sum(ms for name, ms in spent.items() if name != "agencies")
    return Run(made["pairs"][0]["platform_cases_per_second"], processor)


if __name__ == "__main__":
    typer.run(against)
