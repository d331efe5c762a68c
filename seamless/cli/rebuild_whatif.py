"""``seamless rebuild runs`` and ``swap``: what would be, learned from a log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.logged import Applicant, Columns, End, Horizon, Source, TimeFormat, What, day, with_log
from seamless.cli.options import Archive, Data, Json, Lang

if TYPE_CHECKING:
    from seamless.rebuild.log import EventLog
    from workers.process.settings import Settings


def runs(
    what: What,
    activity: Annotated[str, typer.Option("--of", metavar="ACTIVITY", help="What comes in runs.")],
    on: Annotated[list[str], typer.Option(metavar="DAY", help="The day of a run. May be given again.")],
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Say which cases would go in runs on these days, and how long they have waited then.

    How an activity that comes on a few days a year chooses its cases is learned
    from its runs before the first of the days: after which step a case waits,
    how long ago that has to be, who goes, and who never does. Days in the past
    show beside it how many went.

    [bold]Examples[/bold]

      seamless rebuild runs fines.csv.gz --of "Send for Credit Collection" --on 2013-10-01

      seamless rebuild runs fines.csv.gz --of "Send for Credit Collection" --on 2009-03-30 --on 2010-10-15
      --lang zh --json
    """

    def tell(settings: Settings, log: EventLog) -> None:
        from seamless.cli.measure_views import show
        from seamless.rebuild.learned.whatif import foresee
        from seamless.rebuild.learned.whatif_told import told_runs

        days = [at.date() for each in on if (at := day("--on", each, log.as_of.tzinfo))]
        found = foresee(log, activity, days)
        show(found, partial(told_runs, found), settings, lang, log.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)


def swap(
    what: What,
    step: Annotated[
        str, typer.Option(metavar="STEP", help="What gets the times of others, from the start of a case.")
    ],
    cases: Annotated[str, typer.Option(metavar="DAY..DAY", help="The cases: by when they started.")],
    others: Annotated[
        str, typer.Option("--with", metavar="DAY..DAY", help="The others, whose times they get.")
    ],
    since: Annotated[
        str, typer.Option("--from", metavar="STEP", help="The step begins when this one has ended.")
    ] = "start",
    milestone: Annotated[
        str, typer.Option(metavar="STEP", help="What is looked at: when this one has ended.")
    ] = "end",
    horizon: Horizon = None,
    columns: Columns = None,
    end: End = None,
    applicant: Applicant = None,
    time_format: TimeFormat = None,
    as_json: Json = False,
    lang: Lang = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Say when cases would have got somewhere if a step had taken as long as for other cases.

    Each case keeps its own course and its place among the slow and the fast;
    what follows takes as long as it did. The first day of a period belongs to
    it, the last one does not.

    [bold]Examples[/bold]

      seamless rebuild swap fines.csv.gz --step "Send Fine" --milestone "Insert Fine Notification"
      --cases 2006-07-01..2006-10-01 --with 2010-07-01..2010-10-01

      seamless rebuild swap permits.csv.gz --step "T02 Check confirmation of receipt"
      --cases 2011-01-01..2011-04-01 --with 2011-04-01..2011-07-01 --json
    """

    def tell(settings: Settings, log: EventLog) -> None:
        from seamless.cli.measure_views import show
        from seamless.rebuild.learned.swapped import Stretch
        from seamless.rebuild.learned.whatif import swap as swapped
        from seamless.rebuild.learned.whatif_told import told_swap

        own, other = _period(log, "--cases", cases), _period(log, "--with", others)
        found = swapped(own, other, Stretch(since, step), milestone, horizon)
        show(found, partial(told_swap, found), settings, lang, log.name, as_json=as_json)

    with_log(Source(what, columns, end, applicant, time_format, data, archive), tell)


def _period(log: EventLog, option: str, text: str) -> EventLog:
    """The cases that started in a period that a person gave.

    Raises:
        InvalidInput: it is none, or no case started in it.
    """
    from contracts.terms.errors import InvalidInput

    first, dots, last = text.partition("..")
    if not dots:
        raise InvalidInput(f"{option}: {text!r} is no period; write it as 2026-01-01..2026-04-01")
    zone = log.as_of.tzinfo
    found = log.started(day(option, first, zone), day(option, last, zone))
    if not found.cases:
        starts = [f"{case.start:%Y-%m-%d}" for case in log.cases]
        some = f"; it has some from {starts[0]} to {starts[-1]}" if starts else ""
        raise InvalidInput(f"{option}: no case of {log.name} started in {text}{some}")
    return found
