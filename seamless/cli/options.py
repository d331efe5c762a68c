"""Options that many commands have, and the settings that they make.

Nothing heavy is imported at the top of a command's file: ``seamless --help`` has to be quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workers.process.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
Kafka = Annotated[
    str | None,
    typer.Option("--kafka", metavar="HOST:PORT", help="Kafka's address.", show_default="$SEAMLESS_KAFKA"),
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


def settings_with(**given: Any) -> Settings:
    """The settings from the environment, with those options that were given on the command line.

    Raises:
        UsageError: a setting is not usable, or the directory file is not.
    """
    import tomllib

    from pydantic import ValidationError

    from workers.process.entry import UsageError
    from workers.process.settings import Settings

    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise UsageError(f"bad settings: {_faults(error)}") from None
    try:
        settings.directory  # noqa: B018 - read once here, so that a bad file is told here
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read the directory {settings.directory_file}: {error}") from None
    except ValidationError as error:
        raise UsageError(f"the directory {settings.directory_file} is not usable: {_faults(error)}") from None
    return settings


def _faults(error: Any) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
