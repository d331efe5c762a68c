"""``seamless up``: the whole local stack, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from seamless.cli.stack_options import Kafka, Own, Temporal, compressed, local_stack, seconds


def up(
    data: Annotated[
        Path | None,
        typer.Option(help="Where data and logs are kept.", show_default="$SEAMLESS_DATA or .seamless"),
    ] = None,
    kafka: Kafka = None,
    temporal: Temporal = None,
    kafka_port: Annotated[int | None, typer.Option(help="Port of the own Kafka; free if not given.")] = None,
    temporal_port: Annotated[
        int | None, typer.Option(help="Port of the own Temporal; free if not given.")
    ] = None,
    ui_port: Annotated[int | None, typer.Option(help="Port of Temporal's web UI; free if not given.")] = None,
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

    from seamless.cli.run import run
    from workers.process.run import until_stopped
    from workers.process.settings import load_settings

    days = compressed(seconds(day)) if day else {}
    settings = load_settings(data=data, kafka=kafka, temporal=temporal, **days)
    own = Own(kafka=kafka is None, temporal=temporal is None)
    ports = {"kafka_port": kafka_port, "temporal_port": temporal_port, "ui_port": ui_port}

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
                import json

                print(json.dumps(addresses), flush=True)
            else:
                _show(addresses, stack.settings.kafka, stack.settings.temporal, str(stack.settings.data))
            await asyncio.Event().wait()

    run(lambda: until_stopped(serve()))


def _show(addresses: Mapping[str, object], kafka: str, temporal: str, data: str) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True)
    for name, address in addresses.items():
        console.print(f"[bold]{name}[/bold] {address}")
    console.print("\nIn another terminal:")
    console.print(f"  export SEAMLESS_KAFKA={kafka} SEAMLESS_TEMPORAL={temporal} SEAMLESS_DATA={data}")
    console.print("  seamless submit docs/examples/construction-permit.json\n\nCtrl-C stops everything.")
