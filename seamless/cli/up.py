"""``seamless up``: the whole local stack, until Ctrl-C; and in it, where that is asked for, a town."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.options import MOST
from seamless.cli.stack_options import HIGHEST_PORT, Kafka, Own, Temporal, compressed, local_stack, seconds

if TYPE_CHECKING:
    from seamless.town.scenario import Scenario
    from workers.process.settings import Settings

SIMULATION = "With --simulate"
DAY = "5s"
"""How long a working day lasts where a town is simulated and nothing else is said."""


def up(
    data: Annotated[
        Path | None,
        typer.Option(help="Where data and logs are kept.", show_default="$SEAMLESS_DATA or .seamless"),
    ] = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    kafka_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=HIGHEST_PORT, help="Port of the Kafka that is started; a free one if not given."
        ),
    ] = None,
    temporal_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=HIGHEST_PORT, help="Port of the Temporal that is started; a free one if not given."
        ),
    ] = None,
    ui_port: Annotated[
        int | None,
        typer.Option(min=1, max=HIGHEST_PORT, help="Port of Temporal's web UI; a free one if not given."),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            help=f"Compress a working day to this duration; by default legal days, or {DAY} with --simulate."
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the addresses as one JSON object; then the current figures, one object per line.",
        ),
    ] = False,
    simulate: Annotated[
        bool,
        typer.Option("--simulate", help="Simulate a town: every agency works, and applications come in."),
    ] = False,
    apart: Annotated[
        list[str] | None,
        typer.Option(
            "--except",
            metavar="AGENCY",
            help="Do not simulate this agency; may be given several times.",
            rich_help_panel=SIMULATION,
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=10_000,
            help="Applications per working day, on average; 2 if not given.",
            rich_help_panel=SIMULATION,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of all random choices; 33 if not given.", rich_help_panel=SIMULATION),
    ] = None,
    applications: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST,
            help="Submit this many, and stop once their cases are closed.",
            rich_help_panel=SIMULATION,
        ),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(min=0, max=MOST, help="Stop after this many working days.", rich_help_panel=SIMULATION),
    ] = None,
    manners: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="How the parties behave: a TOML file, see docs/operating.md.",
            rich_help_panel=SIMULATION,
        ),
    ] = None,
) -> None:
    """Start everything on this machine and run until Ctrl-C: engines, topics, all workers.

    Examples:

      [bold]seamless up[/bold]

      [bold]seamless up --kafka-port 9092 --temporal-port 7233 --ui-port 8233[/bold]

      [bold]seamless up --kafka broker.example:9092[/bold]  (with a Kafka that is already running)

      [bold]seamless up --simulate[/bold]  (a day at the city, with working days of five seconds)

      [bold]seamless up --simulate --except fire-safety --rate 0.5 --day 1m[/bold]
    """
    import asyncio

    from seamless.cli.console import Console
    from seamless.cli.run import run
    from workers.process.run import until_stopped
    from workers.process.settings import load_settings

    day_seconds = seconds(day or DAY) if day or simulate else None
    compression = compressed(day_seconds) if day_seconds else {}
    settings = load_settings(data=data, kafka=kafka, temporal=temporal, **compression)
    wanted = {"seed": seed, "per_day": rate, "applications": applications, "days": days}
    scenario = _scenario(settings, day_seconds, apart, manners, wanted) if simulate and day_seconds else None
    if not simulate and (apart or manners or any(each is not None for each in wanted.values())):
        raise typer.BadParameter(
            "--except, --rate, --seed, --applications, --days, --manners: add --simulate"
        )
    own = Own(kafka=kafka is None, temporal=temporal is None)
    ports = {"kafka_port": kafka_port, "temporal_port": temporal_port, "ui_port": ui_port}
    taken = [port for port in ports.values() if port is not None]
    if len(set(taken)) < len(taken):
        raise typer.BadParameter("--kafka-port, --temporal-port and --ui-port must differ")

    async def serve() -> None:
        async with local_stack("up", settings, passing=False, own=own, **ports) as stack:
            addresses = {
                "kafka": stack.settings.kafka,
                "temporal": stack.settings.temporal,
                "temporal_ui": stack.temporal.ui_address if stack.temporal else None,
                "data": str(stack.settings.data),
                "metrics": stack.metrics,
            }
            if as_json:
                Console().json(addresses)
            else:
                print_addresses(addresses, stack.settings, compressed=day_seconds is not None)
            if scenario is None:
                await asyncio.Event().wait()
            else:
                await _play(stack.settings, scenario, as_json=as_json)

    run(lambda: until_stopped(serve()))


def _scenario(
    settings: Settings, day: float, apart: list[str] | None, manners: Path | None, wanted: Mapping[str, Any]
) -> Scenario:
    """What was asked for.

    Raises:
        InvalidInput: there is no such agency, or the table of manners cannot be used.
    """
    from datetime import timedelta

    from seamless.town.manners import load_manners
    from seamless.town.scenario import Scenario, set_apart

    return Scenario(
        day=timedelta(seconds=day),
        apart=set_apart(settings.directory, apart or ()),
        manners=load_manners(manners),
        **{name: value for name, value in wanted.items() if value is not None},
    )


async def _play(settings: Settings, scenario: Scenario, *, as_json: bool) -> None:
    """Keep a town running on a started stack."""
    from seamless.cli.console import Console
    from seamless.cli.town import shown, told
    from seamless.town.town import Town

    town = Town(settings, scenario)
    if not as_json:
        console = Console()
        console.print()
        for each in told(town):
            console.print(each)
    await shown(town, as_json=as_json)


def print_addresses(addresses: Mapping[str, object], settings: Settings, *, compressed: bool) -> None:
    """Say where everything is, and how to go on in another terminal."""
    import shlex

    from seamless.cli.console import Console

    console = Console()
    for name, address in addresses.items():
        several = address if isinstance(address, Mapping) else {"": address}
        for of, single in several.items():
            if single is not None:
                console.whole((f"{name} of {of}" if of else name, "bold"), f" {single}")
    given = {
        "SEAMLESS_KAFKA": settings.kafka,
        "SEAMLESS_TEMPORAL": settings.temporal,
        "SEAMLESS_DATA": str(settings.data),
    }
    if compressed:
        given["SEAMLESS_CALENDAR"] = settings.calendar
    console.print()
    console.print("In another terminal:")
    console.whole("  export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items()))
    console.print("  seamless submit docs/examples/construction-permit.json")
    console.print()
    console.print("Ctrl-C stops everything.")
