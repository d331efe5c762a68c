"""``seamless topics``: the topics that the directory asks for."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.options import Json, Kafka
from seamless.cli.run import run

if TYPE_CHECKING:
    from network.broker.topics import TopicReport

app = typer.Typer(help="The Kafka topics that the directory asks for.", no_args_is_help=True)

COLOURS = {"created": "green", "changed": "yellow", "present": "dim"}


@app.callback()
def topics() -> None:
    """The Kafka topics that the directory asks for."""


@app.command(
    epilog="Examples:\n\n  seamless topics apply\n\n  seamless topics apply --kafka 127.0.0.1:9092 --json"
)
def apply(
    kafka: Kafka = None,
    replication: Annotated[int, typer.Option(min=1, help="How many brokers hold each new topic.")] = 1,
    as_json: Json = False,
) -> None:
    """Make the topics that are missing and set the settings of those that differ.

    Exits with 3 when a topic has another number of partitions than the directory says: it is for ever.
    """
    from network.broker.topics import apply_topics
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka)

    async def main() -> None:
        reports = await apply_topics(settings.broker, settings.directory, replication=replication)
        if as_json:
            print(json.dumps({"topics": [asdict(report) for report in reports]}, ensure_ascii=False))
        else:
            _show(reports, settings.kafka)

    run(main)


def _show(reports: list[TopicReport], address: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "partitions", "state", "settings set", title=f"Topics on {address}")
    for report in reports:
        changes = ", ".join(f"{name}: {had} → {has}" for name, (had, has) in report.changes.items())
        colour = COLOURS[report.state]
        table.add_row(report.name, str(report.partitions), f"[{colour}]{report.state}[/]", changes)
    Console().print(table)
