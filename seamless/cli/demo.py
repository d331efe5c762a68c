"""``seamless demo``: the main job, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.stack_options import Data, Kafka, Own, Temporal, compressed, local_stack, seconds

if TYPE_CHECKING:
    from rich.table import Table

    from deploy.local.stack import Stack
    from seamless.cli.console import Console
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
    from seamless.cli.run import run
    from workers.process.run import until_stopped
    from workers.process.settings import load_settings

    day_seconds, apart_seconds = seconds(day), seconds(apart or "600ms")
    settings = load_settings(data=data, kafka=kafka, temporal=temporal, **compressed(day_seconds))
    own = Own(kafka=kafka is None, temporal=temporal is None)

    async def main() -> int:
        async with local_stack("demo", settings, passing=data is None, own=own) as stack:
            made = await _shown(stack, cases, seed, day_seconds, apart_seconds, as_json)
            if as_json:
                Console().json(made.figures() | {"day_seconds": day_seconds, "seed": seed})
            if keep:
                await until_stopped()
        return 1 if made.undecided or made.ledger_broken else 0

    run(main)


async def _shown(
    stack: Stack, cases: int, seed: int, day_seconds: float, apart_seconds: float, as_json: bool
) -> Report:
    from seamless.cli.console import Console, line, progress
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
    console.print(_result(made))
    console.print(_holders(stack, made))
    console.print()
    console.print(line(("去哪里看 / Where to look", "bold"), " (with --keep they stay)"))
    _print_addresses(console, stack)
    console.print()
    assumed = "Working times are assumptions, stated in seamless/demo/assumptions.py: "
    console.print(
        line((assumed + "20-95 % of each agency's limit, most often 60 %, one in twenty overdue.", "dim"))
    )
    return made


def _print_addresses(console: Console, stack: Stack) -> None:
    if stack.temporal:
        console.whole(("Temporal UI", "bold"), f" {stack.temporal.ui_address}")
    for name, address in stack.metrics.items():
        console.whole((f"{name} metrics", "bold"), f" {address}")


def _result(made: Report) -> Table:
    from rich.table import Table

    from seamless.cli.console import line

    decided = max(1, made.cases - made.undecided)
    table = Table(title="结果 / Results", show_header=False)
    for outcome, name in (
        ("granted", "准予 / granted"),
        ("refused", "不予 / refused"),
        ("withdrawn", "撤回 / withdrawn"),
    ):
        table.add_row(name, str(made.outcomes.get(outcome, 0)))
    if made.undecided:
        table.add_row(line(("未决 / undecided", "red")), str(made.undecided))
    broken = f"{made.ledger_entries}, {made.ledger_broken} 件损坏 / broken"
    table.add_row("台账 / ledger entries", broken)
    table.add_section()
    table.add_row("纸质流转，每件 / as a paper file, per case", f"{made.serial_days / decided:.1f} 天 / days")
    table.add_row("联网办理，每件 / on the network, per case", f"{made.network_days / decided:.1f} 天 / days")
    table.add_row(
        "最长分支 / longest branch of the same work", f"{made.critical_path_days / decided:.1f} 天 / days"
    )
    saved = 1 - made.network_days / made.serial_days if made.serial_days else 0
    table.add_row("节省 / saved", line((f"{saved:.0%}", "green")))
    return table


def _holders(stack: Stack, made: Report) -> Table:
    from rich.table import Table

    from contracts.terms.identifiers import Party

    table = Table(
        "谁持有 / who held the cases", "每件天数 / days per case", title="时间去向 / Where the time went"
    )
    for holder, days in sorted(made.held_days.items(), key=lambda each: -each[1]):
        name = stack.settings.directory.name_of(Party(holder))
        shown = (
            f"{name.zh} / {name.en}"
            if name
            else {"applicant": "申请人 / applicant"}.get(holder, "系统 / system")
        )
        table.add_row(shown, f"{days / max(1, made.cases - made.undecided):.2f}")
    return table
