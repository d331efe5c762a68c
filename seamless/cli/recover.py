"""``seamless recover``: what to do once Temporal was restored from a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.options import Archive, Data, Json, Kafka, Temporal
from seamless.cli.with_temporal import with_temporal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from seamless.operate.recovering import Recovered
    from seamless.operate.rewinding import Rewound
    from workers.process.settings import Settings

FIRST_YEAR = 2000
"""Before it there was neither Temporal nor Kafka."""

COLOURS = {"goes-on": "green", "ended": "green", "left": "red"}


def recover(
    backup: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="When the backup of Temporal was made, as 2026-11-26T03:00:00+08:00."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what fell back, and change nothing.")
    ] = False,
    as_json: Json = False,
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Restore to cases what they lost when Temporal was restored from a backup.

    Run it before a gateway or an orchestrator is restarted; the archive worker
    must be running. The gateways then carry again what came since the backup. A
    case whose ledger has more entries than Temporal knows of is run again to the
    end of its ledger, and goes on from there. Where that is not possible, the case
    is listed: see [bold]seamless case cancel[/bold].

    The exit code is 1 when there are such cases.

    [bold]Examples[/bold]

      seamless recover --backup 2026-11-26T03:00:00+08:00 --dry-run

      seamless recover --backup 2026-11-26T03:00:00+08:00
    """
    made = _instant(backup)

    async def work(settings: Settings, reader: ArchiveReader, client: Client) -> int:
        from seamless.cli.console import Console
        from seamless.operate.recovering import Recovery

        recovery = Recovery(settings, client, reader)
        rewound = await recovery.rewind(made, really=not dry_run)
        fallen = await recovery.fallen()
        recovered = await recovery.recover(fallen, rewound, really=not dry_run)
        if as_json:
            Console().json(
                {
                    "carried_again": [each._asdict() for each in rewound if each.again < each.committed],
                    "lost": [each._asdict() for each in rewound if each.lost],
                    "cases": [each._asdict() for each in recovered],
                }
            )
        else:
            _show(rewound, recovered, dry_run=dry_run)
        return 1 if any(each.fate == "left" for each in recovered) else 0

    with_temporal(work, data, archive, kafka=kafka, temporal=temporal)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is not an instant with a zone, such as 2026-11-26T03:00:00+08:00",
            param_hint="--backup",
        )
    if instant.year < FIRST_YEAR:
        raise typer.BadParameter(f"{text}: no backup is so old", param_hint="--backup")
    if instant > datetime.now(UTC):
        raise typer.BadParameter(f"{text} has not come yet", param_hint="--backup")
    return instant


def _show(rewound: Sequence[Rewound], recovered: Sequence[Recovered], *, dry_run: bool) -> None:
    from seamless.cli.console import Console, line, listing

    console = Console()
    again = [each for each in rewound if each.again < each.committed]
    records = sum(each.committed - each.again for each in again)
    would = "would be" if dry_run else "are"
    console.whole(f"{records} records of {len(again)} partitions {would} carried again by the gateways.")
    for each in rewound:
        if each.lost:
            place = f"{each.topic}/{each.partition}"
            console.whole(("incomplete", "red"), f"  {place} no longer has everything since the backup.")
    if recovered:
        rows = [
            (line(each.case), line((each.fate, COLOURS[each.fate])), line(each.detail)) for each in recovered
        ]
        listing(console, ("case", "fate", "why"), rows)
    else:
        console.whole("No case fell back.")
    if not dry_run:
        console.whole("Start the gateways and the orchestrators now.")
