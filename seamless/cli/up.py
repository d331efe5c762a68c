"""``seamless up``: the whole local stack, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.stack_options import HIGHEST_PORT, Kafka, Own, Temporal, compressed, local_stack, seconds

if TYPE_CHECKING:
    from workers.process.settings import Settings


def up(
    data: Annotated[
        Path | None,
        typer.Option(help="Where data and logs are kept.", show_default="$SEAMLESS_DATA or .seamless"),
    ] = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    kafka_port: Annotated[
        int | None, typer.Option(min=1, max=HIGHEST_PORT, help="Port of the own Kafka; free if not given.")
    ] = None,
    temporal_port: Annotated[
        int | None,
        typer.Option(min=1, max=HIGHEST_PORT, help="Port of the own Temporal; free if not given."),
    ] = None,
    ui_port: Annotated[
        int | None,
        typer.Option(min=1, max=HIGHEST_PORT, help="Port of Temporal's web UI; free if not given."),
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="Compress a working day to so much; legal days if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The addresses as one JSON object.")] = False,
) -> None:
    """Start everything on this machine and run until Ctrl-C: engines, topics, all workers.

    Examples:

      [bold]seamless up[/bold]

      [bold]seamless up --kafka-port 9092 --temporal-port 7233 --ui-port 8233[/bold]

      [bold]seamless up --kafka broker.example:9092[/bold]  (with a Kafka that runs already)
    """
    import asyncio

    from seamless.cli.console import Console
    from seamless.cli.run import run
    from workers.process.run import until_stopped
    from workers.process.settings import load_settings

    days = compressed(seconds(day)) if day else {}
    settings = load_settings(data=data, kafka=kafka, temporal=temporal, **days)
    own = Own(kafka=kafka is None, temporal=temporal is None)
    ports = {"kafka_port": kafka_port, "temporal_port": temporal_port, "ui_port": ui_port}
    taken = [port for port in ports.values() if port is not None]
    if len(set(taken)) < len(taken):
        raise typer.BadParameter("--kafka-port, --temporal-port and --ui-port have to differ")

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
                _show(addresses, stack.settings, compressed=bool(day))
            await asyncio.Event().wait()

    run(lambda: until_stopped(serve()))


def _show(addresses: Mapping[str, object], settings: Settings, *, compressed: bool) -> None:
    import shlex

    from seamless.cli.console import Console

    console = Console()
    for name, address in addresses.items():
        console.whole((name, "bold"), f" {address}")
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
