"""Options that every command shares which brings up a stack."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from deploy.local.stack import Stack
    from workers.process.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", help="Where data and logs are kept; a temporary folder if not given.")
]
Kafka = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Use this Kafka instead of starting one.")
]
Temporal = Annotated[
    str | None,
    typer.Option("--temporal", metavar="HOST:PORT", help="Use this Temporal server instead of starting one."),
]

HIGHEST_PORT = 65535
SHORTEST_SECONDS, LONGEST_SECONDS = 0.01, 24 * 3600.0


class Own(NamedTuple):
    """Which engines a command starts itself, instead of using those that run already."""

    kafka: bool
    temporal: bool


def seconds(text: str) -> float:
    """A period of time as people write it: ``1s``, ``500ms``, ``2m``; at least 10 ms, at most a day.

    Raises:
        typer.BadParameter: it is none.
    """
    if (found := re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)", text)) is None:
        raise typer.BadParameter(f"{text!r} is not a duration; write 1s, 500ms or 2m")
    made = float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[found[2]]
    if not SHORTEST_SECONDS <= made <= LONGEST_SECONDS:
        raise typer.BadParameter(f"{text} is too short or too long: from 10ms to 1440m")
    return made


def compressed(day_seconds: float) -> dict[str, Any]:
    """The settings with which a working day lasts so long, gateways beat many times in it (the consequence
    of a deadline waits for the first heartbeat after it), and the grace after an outage is one day."""
    return {
        "calendar": f"compressed:{day_seconds}",
        "heartbeat_seconds": min(5.0, day_seconds / 20),
        "outage_grace_seconds": day_seconds,
    }


@asynccontextmanager
async def local_stack(
    process: str, settings: Settings, *, passing: bool, own: Own, **servers: Any
) -> AsyncIterator[Stack]:
    """A started stack, stopped at the end.

    Args:
        process: what the logs of this command call it.
        passing: its data are for this command only, in a folder that is removed at the end.
        own: which engines it starts itself.
        servers: how those are to be, as :class:`deploy.local.stack.Stack` takes it.
    """
    import tempfile

    from deploy.local.stack import Stack
    from workers.process.logs import configure_logs

    configure_logs("WARNING", process=process)
    with tempfile.TemporaryDirectory(prefix="seamless-") as folder:
        known = settings.model_copy(update={"data": Path(folder)}) if passing else settings
        async with Stack(
            known, own_kafka=own.kafka, own_temporal=own.temporal, passing=passing, **servers
        ) as stack:
            stack.watch()
            yield stack
