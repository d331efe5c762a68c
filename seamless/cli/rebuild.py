"""``seamless rebuild``: what to rebuild first, whether a change is one, and how large a pilot has to be."""

from __future__ import annotations

from functools import partial
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
    from fractions import Fraction

    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings

app = typer.Typer(
    help="Rebuild a procedure: what to begin with, what a change was worth, how large a pilot has to be.",
    no_args_is_help=True,
)

LENGTH = "How long a window is: 60d, 8w, 2m or 1y."


@app.command()
def rank(
    what: What,
    by: Annotated[
        Literal["agency", "step", "handoff"] | None,
        typer.Option(help="What is ranked.", show_default="agency, or handoff where none is recorded"),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help=LENGTH, show_default="what fits into the log seven times"),
    ] = None,
    since: Since = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The latest window ends when this day begins.")
    ] = None,
    as_of: AsOf = None,
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Rank what to rebuild first: easy and certain wins before others, each with its reason.

    What could be removed in the latest windows, times the chance that it still
    can be later, by the windows of the same log. How much has to change is read
    in the code of the procedure. No officer is ranked.

    [bold]Examples[/bold]

      seamless rebuild rank construction-permit

      seamless rebuild rank permits.csv.gz --window 2m --lang zh

      seamless rebuild rank fines.csv.gz --by handoff --window 1y --applicant Payment --json
    """

    def tell(settings: Settings, log: EventLog) -> None:
        from contracts.procedures.catalogue import CATALOGUE
        from seamless.cli.measure_views import show
        from seamless.rebuild.ranking import rank
        from seamless.rebuild.ranking_told import told_ranking
        from seamless.rebuild.windows import length

        last = day("--until", until, log.as_of.tzinfo)
        chosen = part(seen(log, as_of), since, None)
        each = length(window) if window is not None else None
        found = rank(chosen, by=by, length=each, until=last, item=CATALOGUE.get(what))
        show(found, partial(told_ranking, found), settings, lang, found.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)


@app.command()
def compare(
    what: What,
    at: Annotated[str, typer.Option(metavar="DAY", help="Compare the windows before and after this day.")],
    window: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help=LENGTH, show_default="what fits into the log twelve times"),
    ] = None,
    horizon: Horizon = None,
    as_of: AsOf = None,
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Compare the cases before a day with those after it, and say what the difference is worth.

    Beside the difference stands how often one at least so large appears at
    other places of the same log, where nothing is known to have changed. The
    ordinary test finds differences there, too, and does not help.

    [bold]Examples[/bold]

      seamless rebuild compare construction-permit --at 2026-09-01

      seamless rebuild compare permits.csv.gz --at 2011-06-01 --window 1m --lang zh

      seamless rebuild compare fines.csv.gz --at 2008-01-01 --window 6m --json
    """

    def tell(settings: Settings, log: EventLog) -> None:
        from seamless.cli.measure_views import show
        from seamless.rebuild.placebo import compare
        from seamless.rebuild.placebo_told import told_compared
        from seamless.rebuild.windows import length

        meet = day("--at", at, log.as_of.tzinfo)
        assert meet is not None
        each = length(window) if window is not None else None
        found = compare(seen(log, as_of), meet, length=each, horizon=horizon)
        show(found, partial(told_compared, found), settings, lang, found.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)


@app.command()
def size(
    what: What,
    gain: Annotated[
        str, typer.Option(metavar="PART", help="By which part each case gets shorter: 20% or 1/5.")
    ],
    share: Annotated[
        str, typer.Option(metavar="PART", help="Which part of the cases goes the new way: 1/2 to 1/20.")
    ] = "1/2",
    power: Annotated[
        str, typer.Option(metavar="PART", help="The chance to see such a gain, if there is one.")
    ] = "80%",
    horizon: Horizon = None,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Say how many cases and months a pilot needs to show a gain, by its design.

    By this log's own times, arrivals and changes where nothing changed. Where a
    gain cannot be seen, it says so.

    [bold]Examples[/bold]

      seamless rebuild size construction-permit --gain 20%

      seamless rebuild size permits.csv.gz --gain 1/5 --share 1/4 --power 90%

      seamless rebuild size fines.csv.gz --gain 10% --since 2010-01-01 --lang zh --json
    """

    def tell(settings: Settings, log: EventLog) -> None:
        from seamless.cli.measure_views import show
        from seamless.rebuild.sizing import size
        from seamless.rebuild.sizing_told import told_size

        found = size(
            part(seen(log, as_of), since, until),
            gain=fraction("--gain", gain),
            share=fraction("--share", share),
            power=fraction("--power", power),
            horizon=horizon,
        )
        show(found, partial(told_size, found), settings, lang, found.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)


def fraction(option: str, text: str) -> Fraction:
    """A part that a person gave: more than nothing, and less than all.

    Raises:
        InvalidInput: it is none; says how to write one.
    """
    import re
    from fractions import Fraction

    from contracts.terms.errors import InvalidInput

    written = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6}|/[0-9]{1,6})?)(%?)", "".join(text.split()))
    try:
        found = Fraction(written[1]) / (100 if written[2] else 1) if written else Fraction(0)
    except ZeroDivisionError:
        found = Fraction(0)
    if not 0 < found < 1:
        raise InvalidInput(
            f"{option}: {text!r} is no part that is more than 0 and less than 1; write it as 20%, 0.2 or 1/5"
        )
    return found
