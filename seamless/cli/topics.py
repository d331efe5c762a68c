"""``seamless topics``: the topics that the directory requires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.console import Console, line, listing
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
    replication: Annotated[
        int, typer.Option(min=1, max=32767, help="How many brokers hold each new topic.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Create missing topics, and correct settings that differ.

    Exits with 3 when a topic has another number of partitions than the directory says: that is permanent.
    """
    from network.broker.topics import apply_topics
    from workers.process.settings import load_settings

    settings = load_settings(kafka=kafka)

    async def main() -> None:
        reports = await apply_topics(settings.broker, settings.directory, replication=replication)
        if as_json:
            Console().json({"topics": [asdict(report) for report in reports]})
        else:
            _show(reports, settings.kafka)

    run(main)


def _show(reports: Sequence[TopicReport], address: str) -> None:
    console = Console()
    console.print(f"Topics on {address}:")
    cells = [
        (
            line(report.name),
            line(str(report.partitions)),
            line((report.state, COLOURS[report.state])),
            line(", ".join(f"{name}: {had} → {has}" for name, (had, has) in report.changes.items())),
        )
        for report in reports
    ]
    listing(console, ("topic", "partitions", "state", "settings set"), cells)
