"""``seamless measure``: what a procedure costs people, from the archive or from a recorded log."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seamless.cli.logged import (
    Applicant,
    AsOf,
    Columns,
    End,
    Horizon,
    Since,
    Source,
    TimeFormat,
    Until,
    What,
    day,
    part,
    seen,
    with_log,
)
from seamless.cli.options import Archive, Data, Json, Lang

if TYPE_CHECKING:
    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings

EXAMPLES = (
    "Examples:\n\n  seamless measure construction-permit\n\n"
    "  seamless measure permits.csv.gz --by agency --html permits.html --lang zh\n\n"
    "  seamless measure fines.xes --end Payment --end 'Send for Credit Collection' --by handoff\n\n"
    "  seamless measure log.csv --map group=department --map case-end=closed --json"
)


def measure(
    what: What,
    by: Annotated[
        Literal["agency", "step", "handoff", "variant", "month"] | None,
        typer.Option(help="Tell these apart, too."),
    ] = None,
    since: Since = None,
    until: Until = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Compare before and after it.", show_default="the middle case"),
    ] = None,
    horizon: Horizon = None,
    as_of: AsOf = None,
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
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

    def tell(settings: Settings, log: EventLog) -> None:
        from seamless.cli.measure_views import Named, show, write_page
        from seamless.cli.names import language
        from seamless.rebuild.measuring import measure
        from seamless.rebuild.page import page
        from seamless.rebuild.telling import told

        chosen = part(seen(log, as_of), since, until)
        at = day("--split", split, log.as_of.tzinfo)
        found = measure(chosen, horizon=horizon, split=at, by=by)
        if html is not None:
            spoken = language(lang)
            naming = Named(settings.directory, spoken, found.name)
            write_page(html, page(found, spoken, naming))
        show(found, partial(told, found), settings, lang, found.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)
