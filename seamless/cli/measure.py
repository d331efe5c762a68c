"""``seamless measure``: what a procedure costs people, from the archive or from a recorded log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from seamless.cli.options import Archive, Data, Json, Lang

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from archive.reader import ArchiveReader
    from seamless.cli.names import Language
    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings

EXAMPLES = (
    "Examples:\n\n  seamless measure construction-permit\n\n"
    "  seamless measure permits.csv.gz --by agency --html permits.html --lang zh\n\n"
    "  seamless measure fines.xes --end Payment --end 'Send for Credit Collection' --by handoff\n\n"
    "  seamless measure log.csv --map group=department --map case-end=closed --json"
)


def measure(
    what: Annotated[
        str, typer.Argument(metavar="PROCEDURE|LOG", help="A procedure, or a file: .csv, .xes, with .gz.")
    ],
    by: Annotated[
        Literal["agency", "step", "handoff", "variant", "month"] | None,
        typer.Option(help="Tell these apart, too."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only cases that started on this day or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only cases that started before it.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Compare before and after it.", show_default="the middle case"),
    ] = None,
    horizon: Annotated[
        float | None,
        typer.Option(min=0.01, max=36500, metavar="DAYS", help="Count each case up to so many days."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="As it was known when this day began.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Which column of the log is what."),
    ] = None,
    end: Annotated[
        list[str] | None,
        typer.Option(metavar="ACTIVITY", help="It ends a case, if it is the last. May be given again."),
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="How times are written, as: %Y/%m/%d %H:%M")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with pictures there, for a leader.")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Measure a procedure: the applicant's whole time first, then where it goes.

    Open cases count with what they have waited. Nothing is needed that may be
    erased, and no officers are compared. What a log does not tell is not known.
    """
    from seamless.cli.names import language
    from seamless.rebuild.rows import is_log

    options = _Options(by, since, until, split, horizon, as_of, html, as_json, language(lang))
    if is_log(what):
        if data is not None or archive is not None:
            raise typer.BadParameter("a log is read from its file: give neither --data nor --archive with it")
        _of_file(Path(what), options, columns or (), end or (), time_format)
    if columns or end or time_format:
        raise typer.BadParameter(
            "--map, --end and --time-format say how a file is read; give one, such as a.csv"
        )
    _of_archive(what, options, data, archive)


class _Options:
    """What is asked of a log, wherever it comes from."""

    def __init__(
        self,
        by: Literal["agency", "step", "handoff", "variant", "month"] | None,
        since: str | None,
        until: str | None,
        split: str | None,
        horizon: float | None,
        as_of: str | None,
        html: Path | None,
        as_json: bool,
        language: Language,
    ) -> None:
        self.by, self.horizon, self.html, self.as_json, self.language = by, horizon, html, as_json, language
        self._days = {"since": since, "until": until, "split": split, "as-of": as_of}

    def tell(self, log: EventLog, settings: Settings) -> None:
        """Measure and tell."""
        from seamless.cli.console import Console
        from seamless.cli.measure_views import Named, print_measured
        from seamless.rebuild.measuring import measure
        from seamless.rebuild.page import page
        from seamless.rebuild.telling import told

        zone = log.as_of.tzinfo
        if (as_of := self._day("as-of", zone)) is not None:
            log = log.as_seen(as_of)
        log = log.started(self._day("since", zone), self._day("until", zone))
        found = measure(log, horizon=self.horizon, split=self._day("split", zone), by=self.by)
        naming = Named(settings.directory, self.language, found.name)
        if self.html is not None:
            _write(self.html, page(found, self.language, naming))
        if self.as_json:
            Console().json(found.model_dump(mode="json"))
        else:
            print_measured(Console(), told(found, self.language, naming))

    def _day(self, option: str, zone: tzinfo | None) -> datetime | None:
        from datetime import datetime, time

        from contracts.terms.errors import InvalidInput

        text = self._days[option]
        if text is None:
            return None
        try:
            day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - the log's zone is given to it
        except ValueError:
            raise InvalidInput(f"--{option}: {text!r} is no day; write it as 2026-12-01") from None
        return datetime.combine(day, time(), zone)


def _of_file(
    file: Path, options: _Options, columns: Sequence[str], end: Sequence[str], time_format: str | None
) -> NoReturn:
    from seamless.cli.run import run
    from workers.process.settings import load_settings

    settings = load_settings()

    async def main() -> int:
        from seamless.rebuild.columns import parsed
        from seamless.rebuild.recorded import read_log

        options.tell(read_log(file, parsed(columns), ending=end, time_format=time_format), settings)
        return 0

    run(main)


def _of_archive(procedure: str, options: _Options, data: Any, archive: str | None) -> None:
    from seamless.cli.archived import tell_unread, with_archive

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from datetime import UTC, datetime

        from seamless.rebuild.archived import log_of

        as_of = None if settings.virtual_time else datetime.now(UTC)
        await tell_unread(reader)
        log, _ = await reader.ask(lambda db: log_of(db, procedure, as_of))
        options.tell(log, settings)
        return 0

    with_archive(work, data, archive)


def _write(file: Path, text: str) -> None:
    from contracts.terms.errors import InvalidInput

    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InvalidInput(f"--html: cannot write {file}: {error.strerror or error}") from None
