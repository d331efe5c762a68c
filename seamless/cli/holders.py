"""Who has how much to do in open cases, and since when, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rich.text import Text

from archive.choosing import Holds
from contracts.terms.identifiers import Party
from seamless.cli.console import Console, line, listing
from seamless.cli.due import last_day
from seamless.cli.names import NOBODY, Names
from workers.process.settings import Settings

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def ago(now: datetime, then: datetime) -> str:
    """How long ago something was, in the largest unit of which it is at least two: ``12 d``, ``90 min``."""
    passed = max(now - then, timedelta(0))
    for unit, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if passed >= 2 * unit:
            return f"{passed // unit} {word}"
    return f"{passed // timedelta(seconds=1)} s"


def print_holders(
    console: Console,
    holds: Sequence[Holds],
    names: Names,
    settings: Settings,
    now: datetime,
    stuck: Mapping[Party, int] | None = None,
) -> None:
    """Print a row for everybody who has something to do.

    Args:
        stuck: how many of the cases do not go on by themselves; None where that was not asked.
    """
    if not holds:
        console.print("Nobody has anything to do in such cases.")
        return
    headers = ["who", "cases", "overdue", *([] if stuck is None else ["stuck"]), "oldest due", "waiting"]
    rows = []
    for each in holds:
        row = [line(names.party(each.holder)), _count(each.cases), _count(each.overdue, "red")]
        if stuck is not None:
            row.append(_count(stuck.get(each.holder, 0), "red"))
        rows.append([*row, line(_day(settings, each.oldest_due)), line(ago(now, each.waiting_since))])
    listing(console, headers, rows, named=True)


def _count(count: int, style: str = "") -> Text:
    return line((f"{count:,}", style)) if count else line(NOBODY)


def _day(settings: Settings, due: datetime | None) -> str:
    """The last day of a limit, without its zone; the instant in UTC where it ends with no day."""
    return last_day(settings.legal_calendar, due).split(" (")[0] if due else NOBODY
