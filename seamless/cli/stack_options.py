"""Options that every command shares which brings up a stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from deploy.local.stack import Stack

Data = Annotated[
    Path | None, typer.Option("--data", help="Where data and logs are kept; a passing folder if not given.")
]
Kafka = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Use this Kafka instead of an own one.")
]
Temporal = Annotated[
    str | None,
    typer.Option("--temporal", metavar="HOST:PORT", help="Use this Temporal server instead of an own one."),
]


def seconds(text: str) -> float:
    """A stretch of time as people write it: ``1s``, ``500ms``, ``2m``.

    Raises:
        typer.BadParameter: it is none.
    """
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0)):
        number = text.removesuffix(unit)
        if text.endswith(unit) and number.replace(".", "", 1).isdigit() and float(number) > 0:
            return float(number) * factor
    raise typer.BadParameter(f"{text!r} is no stretch of time; write 1s, 500ms or 2m")


@asynccontextmanager
async def local_stack(
    process: str,
    data: Path | None,
    kafka: str | None,
    temporal: str | None,
    ports: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Stack]:
    """A started stack, stopped at the end; with a folder of its own where none is given."""
    import tempfile

    from deploy.local.stack import Stack
    from workers.process.settings import Settings
    from workers.process.telemetry import configure_logs

    given = {name: value for name, value in {"kafka": kafka, "temporal": temporal}.items() if value}
    with tempfile.TemporaryDirectory(prefix="seamless-") as passing:
        base = Settings().model_copy(update={"data": data or Path(passing), **given, **settings})
        configure_logs("WARNING", process=process)
        async with Stack(
            base, own_kafka=not kafka, own_temporal=not temporal, passing=data is None, **(ports or {})
        ) as stack:
            stack.watch()
            yield stack
