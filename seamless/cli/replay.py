"""``seamless replay``: replay a recorded log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from seamless.cli.stack_options import Data, Kafka, Own, Temporal, local_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from seamless.cli.console import Console
    from seamless.replay.report import ReplayReport
    from workers.process.settings import Settings


def replay(
    log: Annotated[Path, typer.Argument(help="The log: .csv, .csv.gz, .xes or .xes.gz.")],
    procedure: Annotated[str, typer.Option(help="The procedure that replays it.")],
    limit: Annotated[
        int | None, typer.Option(min=1, max=1_000_000_000, help="Only the first N cases.")
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option(
            "--report", help="Write the findings for each case to this file, one JSON object per line."
        ),
    ] = None,
    data: Data = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Replay a recorded log: each case as an application, each step as an event of the party that took it.

    Cases run in the log's time. What happened at one time is sent; when the ledger shows that it
    took effect, the case's clock moves on to the next time. Cases run in parallel. At the end, what
    happened according to the log is compared with what the platform did.

    Examples:

      [bold]seamless replay traffic_fines.csv.gz --procedure traffic-fine[/bold]

      [bold]seamless replay traffic_fines.xes.gz --procedure traffic-fine --report fines.jsonl[/bold]

      [bold]seamless replay wabo_receipt.csv.gz --procedure permit-receipt --limit 50 --json[/bold]

    Parties of the log that the directory lacks are added to the directory of this run.

    Exit code 1: an event was lost, or a ledger is broken. Exit code 2: nothing was started: the log cannot
    be read; or, on servers that are already running, the directory lacks parties of it.
    """
    from contextlib import ExitStack
    from itertools import islice
    from tempfile import TemporaryDirectory

    from contracts.terms.errors import InvalidInput
    from seamless.cli.console import Console, progress
    from seamless.cli.run import run
    from seamless.replay.adapters import ADAPTERS, read_log
    from seamless.replay.clock import TEMPORAL_CONFIG
    from seamless.replay.conformance import Finding
    from seamless.replay.parties import Cast, write_enlarged
    from seamless.replay.run import Replay
    from workers.process.settings import load_settings
    from workers.process.terminal import json_line

    adapter = ADAPTERS.get(procedure)
    if adapter is None:
        raise InvalidInput(
            f"no log is known for {procedure!r}; there are logs for: {', '.join(sorted(ADAPTERS))}"
        )

    def settings_with(**more: Any) -> Settings:
        return load_settings(
            data=data,
            kafka=kafka,
            temporal=temporal,
            calendar=adapter.calendar,
            virtual_time=True,
            gather_ms=50,
            **more,
        )

    settings = settings_with()
    own = Own(kafka=kafka is None, temporal=temporal is None)
    # The whole log is looked at before anything is started.
    cast = Cast.of(islice(read_log(log, adapter), limit), adapter)
    unknown = cast.unknown_to(settings.directory)
    if unknown and not all(own):
        raise InvalidInput(
            f"the directory lacks parties of {log}: {', '.join(unknown)}. Add them to it and run "
            "`seamless topics apply`, or let the replay start its own servers: omit --kafka, --temporal"
        )

    async def main() -> int:
        console = Console(errors=as_json)
        with ExitStack() as files:
            lines = (
                files.enter_context(report_file.open("w", encoding="utf-8", buffering=1))
                if report_file
                else None
            )
            started = settings
            if unknown:
                console.print(f"not in the directory, added for this run: {', '.join(unknown)}")
                folder = files.enter_context(TemporaryDirectory(prefix="seamless-"))
                file = write_enlarged(Path(folder), settings.directory, unknown)
                started = settings_with(SEAMLESS_DIRECTORY=file)
            async with local_stack(
                "replay", started, passing=data is None, own=own, temporal_config=TEMPORAL_CONFIG
            ) as stack:
                with progress(console) as bar:
                    task = bar.add_task("cases", total=cast.cases)

                    def show(so_far: ReplayReport) -> None:
                        bar.update(task, completed=so_far.cases, description=f"{so_far.events} events")

                    def tell(finding: Finding) -> None:
                        if lines:
                            lines.write(json_line(finding.line()) + "\n")

                    replay = Replay(stack.settings, procedure, adapter, show=show, tell=tell)
                    report = await replay.run(islice(read_log(log, adapter), limit))
        if as_json:
            Console().json(report.json())
        else:
            _print(console, report)
        return 1 if report.events_lost or report.ledger_broken else 0

    run(main)


def _report(file: Path) -> TextIO:
    """The file of the findings, written line by line: a full disk is told at the first, not at the end."""
    return file.open("w", encoding="utf-8", buffering=1)


def _print(console: Console, report: ReplayReport) -> None:
    from seamless.cli.console import facts, line

    def rows(figures: dict[str, Any], indent: str = "") -> Iterator[tuple[str, Text]]:
        for name, figure in figures.items():
            yield indent + name, line("" if isinstance(figure, dict) else str(figure))
            if isinstance(figure, dict):
                yield from rows(figure, indent + "  ")

    facts(console, list(rows(report.json())))
