"""``seamless replay``: relive a recorded log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.cli.stack_options import Data, Kafka, Temporal, local_stack


def replay(
    log: Annotated[Path, typer.Argument(help="The log: CSV, or CSV packed with gzip.")],
    procedure: Annotated[str, typer.Option(help="The procedure that relives it.")],
    limit: Annotated[int | None, typer.Option(min=1, help="So many cases only, from the start.")] = None,
    data: Data = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")] = False,
) -> None:
    """Relive a recorded log: each case as an application, each step as an event of who took it.

    The next event of a case is sent when the ledger shows the last one; cases go side by side.

    Examples:

      [bold]seamless replay wabo_receipt.csv.gz --procedure permit-receipt[/bold]

      [bold]seamless replay wabo_receipt.csv.gz --procedure permit-receipt --limit 50 --json[/bold]

    Exit code 1: an event was lost, or a ledger is broken.
    """
    from itertools import islice

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from workers.entry import UsageError, run_main
    from workers.replay.adapters import ADAPTERS
    from workers.replay.log import BadLog
    from workers.replay.relive import Replay, ReplayReport

    if procedure not in ADAPTERS:
        raise UsageError(
            f"no log is known for {procedure!r}; there are logs for: {', '.join(sorted(ADAPTERS))}"
        )
    try:
        cases = list(islice(ADAPTERS[procedure](log), limit))
    except BadLog as error:
        raise UsageError(str(error)) from None

    async def main() -> int:
        console = Console(stderr=as_json)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        async with local_stack("replay", data, kafka, temporal) as stack:
            with Progress(*columns, console=console) as bar:
                task = bar.add_task("cases", total=len(cases))

                def show(so_far: ReplayReport) -> None:
                    bar.update(task, advance=1, description=f"{so_far.events} events")

                report = await Replay(stack.settings, procedure, show=show).run(cases)
        if as_json:
            import json

            print(json.dumps(report.figures()))
        else:
            for name, figure in report.figures().items():
                console.print(f"[bold]{name}[/bold] {figure}")
        return 1 if report.events_lost or report.ledger_broken else 0

    run_main(main)
