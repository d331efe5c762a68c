"""What the commands share that read an event log, from the archive or from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

import typer

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from archive.reader import ArchiveReader
    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings

What = Annotated[
    str, typer.Argument(metavar="PROCEDURE|LOG", help="A procedure, or a file: .csv, .xes, with .gz.")
]
Since = Annotated[
    str | None, typer.Option(metavar="DAY", help="Only cases that started on this day or later.")
]
Until = Annotated[str | None, typer.Option(metavar="DAY", help="Only cases that started before it.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="As it was known when this day began.")
]
Horizon = Annotated[
    float | None,
    typer.Option(min=0.01, max=36500, metavar="DAYS", help="Count each case up to so many days."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="Which column of the log is what."),
]
End = Annotated[
    list[str] | None,
    typer.Option(metavar="ACTIVITY", help="It ends a case, if it is the last. May be given again."),
]
Applicant = Annotated[
    list[str] | None,
    typer.Option(metavar="ACTIVITY", help="The applicant does it, and no office. May be given again."),
]
TimeFormat = Annotated[
    str | None, typer.Option(metavar="FORMAT", help="How times are written, as: %Y/%m/%d %H:%M")
]


class Source(NamedTuple):
    """Where a log is read from, and how."""

    what: str
    columns: Sequence[str] | None = None
    end: Sequence[str] | None = None
    applicant: Sequence[str] | None = None
    time_format: str | None = None
    data: Path | None = None
    archive: str | None = None


def with_log(source: Source, work: Callable[[Settings, EventLog], None]) -> None:
    """Do ``work`` on a log, and leave with its exit code.

    Raises:
        typer.BadParameter: an option does not go with where it is read from.
    """
    from seamless.rebuild.rows import is_log

    if is_log(source.what):
        if source.data is not None or source.archive is not None:
            raise typer.BadParameter("a log is read from its file: give neither --data nor --archive with it")
        of_file(source, work)
    if source.columns or source.end or source.applicant or source.time_format:
        raise typer.BadParameter(
            "--map, --end, --applicant and --time-format say how a file is read; give one, such as a.csv"
        )
    of_archive(source, work)


def of_file(source: Source, work: Callable[[Settings, EventLog], None]) -> NoReturn:
    """Do ``work`` on the log of a file, and leave with its exit code."""
    from seamless.cli.run import run
    from workers.process.settings import load_settings

    settings = load_settings()

    async def main() -> int:
        from seamless.rebuild.columns import parsed
        from seamless.rebuild.recorded import read_log

        log = read_log(
            Path(source.what),
            parsed(source.columns or ()),
            ending=source.end or (),
            applicant=source.applicant or (),
            time_format=source.time_format,
        )
        work(settings, log)
        return 0

    run(main)


def of_archive(source: Source, work: Callable[[Settings, EventLog], None]) -> None:
    """Do ``work`` on the log of a procedure in the archive, and leave with its exit code."""
    from seamless.cli.archived import tell_unread, with_archive

    async def of_procedure(settings: Settings, reader: ArchiveReader) -> int:
        from datetime import UTC, datetime

        from seamless.rebuild.archived import log_of

        as_of = None if settings.virtual_time else datetime.now(UTC)
        await tell_unread(reader)
        log, _ = await reader.ask(lambda db: log_of(db, source.what, as_of))
        work(settings, log)
        return 0

    data: Any = source.data
    with_archive(of_procedure, data, source.archive)


def day(option: str, text: str | None, zone: tzinfo | None) -> datetime | None:
    """The instant at which a day begins that a person gave; None where none was given.

    Raises:
        InvalidInput: it is no day.
    """
    from datetime import datetime, time

    from contracts.terms.errors import InvalidInput

    if text is None:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the log's zone is given to it
    except ValueError:
        raise InvalidInput(f"{option}: {text!r} is no day; write it as 2026-12-01") from None
    return datetime.combine(found, time(), zone)


def seen(log: EventLog, as_of: str | None) -> EventLog:
    """The log as it was known on a day; as it is, where none was given.

    Raises:
        InvalidInput: it is no day.
    """
    instant = day("--as-of", as_of, log.as_of.tzinfo)
    return log if instant is None else log.as_seen(instant)


def part(log: EventLog, since: str | None, until: str | None) -> EventLog:
    """The cases that started from a day on, and before another one.

    Raises:
        InvalidInput: it is no day.
    """
    zone = log.as_of.tzinfo
    return log.started(day("--since", since, zone), day("--until", until, zone))
