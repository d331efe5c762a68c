"""``seamless demo``: the main job, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.options import Lang
from seamless.cli.stack_options import Data, Kafka, Own, Temporal, compressed, local_stack, seconds

if TYPE_CHECKING:
    from deploy.local.stack import Stack
    from seamless.cli.console import Console
    from seamless.cli.names import Names
    from seamless.demo.report import Report


def demo(
    cases: Annotated[int, typer.Option(min=1, max=1000, help="How many applications.")] = 12,
    day: Annotated[str, typer.Option(help="How long a working day lasts: 2s, 500ms.")] = "2s",
    seed: Annotated[int, typer.Option(help="Determines the working times and answers.")] = 33,
    apart: Annotated[str | None, typer.Option(help="Time between two applications; by default 0.6s.")] = None,
    data: Data = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep it all running afterwards, until Ctrl-C.")
    ] = False,
    lang: Lang = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """Run construction permits across six agencies, on a separate stack.

    The agencies are processes that speak only Kafka; their working times are drawn at random (see
    seamless/demo/assumptions.py), and a working day is compressed to [bold]--day[/bold].

    Examples:

      [bold]seamless demo[/bold]

      [bold]seamless demo --cases 50 --json[/bold]

      [bold]seamless demo --keep[/bold]  (to look around in the Temporal UI and the metrics)

    Exit code 1: a case was left undecided, or a ledger is broken.
    """
    from seamless.cli.console import Console
    from seamless.cli.names import Names, language
    from seamless.cli.run import run
    from workers.process.run import until_stopped
    from workers.process.settings import load_settings

    day_seconds, apart_seconds = seconds(day), seconds(apart or "600ms")
    settings = load_settings(data=data, kafka=kafka, temporal=temporal, **compressed(day_seconds))
    names = Names(settings.directory, language(lang))
    own = Own(kafka=kafka is None, temporal=temporal is None)

    async def main() -> int:
        async with local_stack("demo", settings, passing=data is None, own=own) as stack:
            made = await _shown(stack, cases, seed, day_seconds, apart_seconds, names, as_json)
            if as_json:
                Console().json(made.figures() | {"day_seconds": day_seconds, "seed": seed})
            if keep:
                await until_stopped()
        return 1 if made.undecided or made.ledger_broken else 0

    run(main)


async def _shown(
    stack: Stack,
    cases: int,
    seed: int,
    day_seconds: float,
    apart_seconds: float,
    names: Names,
    as_json: bool,
) -> Report:
    from seamless.cli.console import Console, line, progress
    from seamless.cli.demo_views import ASSUMED, STAYS, WHERE, holders, results
    from seamless.demo.run import Progress, demonstrate

    console = Console(errors=as_json)
    _print_addresses(console, stack)
    with progress(console) as bar:
        task = bar.add_task("starting", total=cases)

        def show(progress: Progress) -> None:
            text = (
                f"{progress.applied} applied, {progress.open} under way, {progress.entries} entries; closed"
            )
            bar.update(task, completed=progress.closed, description=text)

        made = await demonstrate(
            stack, cases=cases, seed=seed, day_seconds=day_seconds, apart_seconds=apart_seconds, show=show
        )
    console.print(results(made, names))
    console.print(holders(made, names))
    console.print()
    console.print(line((names.text(WHERE), "bold"), f" {names.text(STAYS)}"))
    _print_addresses(console, stack)
    console.print()
    console.print(line((names.text(ASSUMED), "dim")))
    return made


def _print_addresses(console: Console, stack: Stack) -> None:
    if stack.temporal:
        console.whole(("Temporal UI", "bold"), f" {stack.temporal.ui_address}")
    for name, address in stack.metrics.items():
        console.whole((f"{name} metrics", "bold"), f" {address}")
