"""``python -m bench.rebuild``: what is promised of rebuilding, held against real logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.rebuild.erased import unchanged
from bench.rebuild.foretold import foretold
from bench.rebuild.goals import Goal
from bench.rebuild.halves import told_apart
from bench.rebuild.pilots import piloting
from bench.rebuild.ranked import chosen
from bench.rebuild.twins import twins
from bench.rebuild.whatif import what_if
from seamless.cli.run import run
from seamless.rebuild.log import EventLog
from seamless.rebuild.recorded import read_log

SHARED = Path(__file__).parents[3] / "shared" / "data"
ERASED = ("tree-felling", "environmental-permit")


def bench(
    permits: Annotated[Path, typer.Option(help="A log of permits that records when cases start and end.")] = (
        SHARED / "wabo_receipt.csv.gz"
    ),
    fines: Annotated[Path, typer.Option(help="A log of fines.")] = SHARED / "traffic_fines.csv.gz",
    split: Annotated[
        str | None, typer.Option(metavar="DAY", help="Where the halves of the permits meet.")
    ] = None,
    cases: Annotated[int, typer.Option(min=20, help="Cases whose data is erased.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the planted worlds.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Measure what is promised of rebuilding a procedure. Exits with 1 when a goal is missed."""

    async def main() -> int:
        found = []
        for goal in _goals(permits, fines, split, cases, seed):
            found.append(goal)
            Console(stderr=True).print(f"[dim]{goal.name}: {goal.measured}[/dim]")
        if as_json:
            print(json.dumps({"goals": [goal._asdict() for goal in found]}))
        else:
            table = Table("figure", "goal", "measured", "", "beside it", box=None, pad_edge=False)
            for goal in found:
                held = "" if not goal.goal else "held" if goal.held else "missed"
                table.add_row(goal.name, goal.goal, goal.measured, held, goal.beside)
            Console(width=200).print(table)
        return 0 if all(goal.held for goal in found) else 1

    run(main)


def _goals(permits: Path, fines: Path, split: str | None, cases: int, seed: int) -> Iterator[Goal]:
    for file in (permits, fines):
        if not file.exists():
            yield Goal(file.name, "", "not measured: there is no such log here", True)
    if permits.exists():
        log = read_log(permits)
        yield from told_apart(log, _day(split, log))
        yield from foretold(log, 0.10, _day(split, log))
        yield from piloting(log, stopped=0.95)
    if fines.exists():
        fined = read_log(fines)
        yield from foretold(fined, 0.05, None)
        yield from what_if(fined)
        yield from piloting(fined, stopped=None)
    yield from chosen(permits, fines)
    yield from unchanged(ERASED, cases)
    yield from twins(seed)


def _day(text: str | None, log: EventLog) -> datetime | None:
    if text is None:
        return None
    return datetime.combine(datetime.fromisoformat(text).date(), time(), log.as_of.tzinfo)


if __name__ == "__main__":
    typer.run(bench)
