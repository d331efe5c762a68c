"""Options that many commands have.

Nothing heavy is imported at the top of a command's file: ``seamless --help`` has to be quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

MOST = 1_000_000_000
"""A larger number of anything is a mistake, and more than a database takes."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
CaseArgument = Annotated[str | None, typer.Argument(metavar="ID", help="The case id, or the case number.")]
Last = Annotated[bool, typer.Option("--last", help="The case that was opened last.")]
Kafka = Annotated[
    str | None,
    typer.Option("--kafka", metavar="HOST:PORT", help="Kafka's address.", show_default="$SEAMLESS_KAFKA"),
]
Lang = Annotated[
    Literal["en", "zh"] | None,
    typer.Option("--lang", help="The language of names.", show_default="of $LANG, or en"),
]
AtMost = Annotated[int | None, typer.Option("--limit", min=1, max=MOST, help="At most this many.")]
Temporal = Annotated[
    str | None,
    typer.Option(
        "--temporal", metavar="HOST:PORT", help="Temporal's address.", show_default="$SEAMLESS_TEMPORAL"
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="The data directory.", show_default="$SEAMLESS_DATA or .seamless"
    ),
]
Archive = Annotated[
    str | None,
    typer.Option(
        "--archive",
        metavar="URL",
        help="The archive's database, as an SQLAlchemy URL.",
        show_default="$SEAMLESS_ARCHIVE or archive.db in the data directory",
    ),
]
