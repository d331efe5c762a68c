"""``python -m bench``: what the platform costs. Prints the tables, or one JSON object, at the end."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.measure import measure
from bench.report import figures, tables
from seamless.cli.run import run
from workers.process.logs import configure_logs


def bench(
    cases: Annotated[int, typer.Option(min=1, max=1000, help="Cases per run.")] = 60,
    pairs: Annotated[int, typer.Option(min=1, help="At most so many pairs of runs.")] = 9,
    data: Annotated[
        Path | None, typer.Option(help="Keep data and logs there; a passing folder if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Compare the platform with a bare Temporal program on the same servers, in at most five minutes.

    Throughput (pairs of runs, interleaved, median of their ratios; goal 0.85), processor time, and the
    history of a case (events and bytes; goal 1.2 times the bare program's). A goal that is missed is no
    failure of the command: it is stated with its cause.
    """
    console = Console(stderr=as_json)

    async def main() -> int:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # stop what was started
        configure_logs("WARNING", process="bench")
        try:
            with tempfile.TemporaryDirectory(prefix="seamless-bench-") as passing:
                measured = await measure(
                    cases, pairs, data or Path(passing), say=lambda text: console.print(f"[dim]{text}[/dim]")
                )
        except asyncio.CancelledError:
            return 130  # interrupted; everything that was started is stopped
        console.print(tables(measured))
        if as_json:
            print(json.dumps(figures(measured), ensure_ascii=False))
        return 0

    run(main)


if __name__ == "__main__":
    typer.run(bench)
