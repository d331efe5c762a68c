"""``seamless calendar``: the calendars that there are, and publishing a new version to open cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.archived import tell_unread, with_archive
from seamless.cli.options import Archive, Data, Json, Temporal
from seamless.cli.with_temporal import with_temporal

if TYPE_CHECKING:
    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from contracts.terms.calendar_days import CalendarDays
    from seamless.operate.publishing import Cases, Reach, Told
    from workers.process.settings import Settings

app = typer.Typer(help="Calendars: list them, publish a new version to open cases.", no_args_is_help=True)

RATE = 20.0
FASTEST = 1000.0
SHOWN_CASES = 100

WHY = {
    "has-it": "count with it already",
    "newer": "count with a later version",
    "another-authority": "count with a calendar of another authority",
    "another-zone": "count with a calendar of another zone",
    "compressed": "count with compressed days",
    "not-known": "do not say with what they count",
}


@app.command("list")
def list_calendars(as_json: Json = False) -> None:
    """List the calendar versions: of the package, and of the folder of
    SEAMLESS_CALENDARS.

    [bold]Examples[/bold]

      seamless calendar list

      SEAMLESS_CALENDARS=/etc/seamless/calendars seamless calendar list --json
    """
    from seamless.cli.console import Console, line, listing
    from workers.process.settings import load_settings

    settings = load_settings()
    found = [
        {
            "name": days.name,
            "zone": days.zone,
            "first_year": days.first_year,
            "last_year": days.last_year,
            "source": days.source,
            "from": place,
            "new_cases": days.name == settings.calendar,
        }
        for days, place in _all(settings)
    ]
    if as_json:
        Console().json({"calendars": found, "new_cases": settings.calendar})
        return
    rows = [
        (
            line((str(each["name"]), "bold" if each["new_cases"] else "")),
            line(str(each["zone"])),
            line(f"{each['first_year']}–{each['last_year']}"),
            line(str(each["source"])),
            line(str(each["from"])),
        )
        for each in found
    ]
    console = Console()
    listing(console, ("calendar", "zone", "years", "source", "from"), rows)
    console.print()
    console.print(f"New cases count with {settings.calendar}.")


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The days, as JSON.")],
    rate: Annotated[
        float, typer.Option(min=0.1, max=FASTEST, help="At most this many cases per second.")
    ] = RATE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which cases it would reach, and publish nothing.")
    ] = False,
    as_json: Json = False,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Publish a calendar: every open case that counts with an earlier version of
    the same authority recounts its limits with these days, and records in its
    ledger what moved, with the old and the new date.

    FILE is checked first. If interrupted, run it again: it goes on with the cases
    that do not count with these days yet. New cases count with the gateways'
    SEAMLESS_CALENDAR; set that before.

    The exit code is 0 once all cases were reached; 1 when some could not be; 2 when
    the file cannot be used.

    [bold]Examples[/bold]

      seamless calendar publish cn-2027.1.json --dry-run

      seamless calendar publish cn-2027.1.json --rate 50
    """
    from workers.process.calendars import read_days

    days = read_days(file)

    async def would(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.operate.publishing import Told, reach_of

        await tell_unread(reader)
        return _report(days, await reach_of(reader, days), Told(told=0), dry_run=True, as_json=as_json)

    async def work(settings: Settings, reader: ArchiveReader, client: Client) -> int:
        from seamless.operate.publishing import CasesInTemporal, reach_of

        await tell_unread(reader)
        reach = await reach_of(reader, days)
        told = await _publish(reach, days, CasesInTemporal(client), rate)
        return _report(days, reach, told, dry_run=False, as_json=as_json)

    if dry_run:
        with_archive(would, data, archive)
    else:
        with_temporal(work, data, archive, temporal=temporal)


async def _publish(reach: Reach, days: CalendarDays, cases: Cases, rate: float) -> Told:
    """Tell the cases, and show on standard error how far it is."""
    from seamless.cli.console import Console, progress
    from seamless.operate.publishing import publish

    with progress(Console(errors=True)) as bar:
        task = bar.add_task("cases reached", total=len(reach.cases))
        return await publish(
            reach, days, cases, rate=rate, tell=lambda done: bar.update(task, completed=done)
        )


def _report(days: CalendarDays, reach: Reach, told: Told, *, dry_run: bool, as_json: bool) -> int:
    """Say who was told; the exit code."""
    from seamless.cli.console import Console

    console = Console()
    left = [*told.unknown, *told.full]
    if as_json:
        said: dict[str, Any] = {"calendar": days.name, "dry_run": dry_run, "reach": len(reach.cases)}
        console.json(said | told.model_dump(mode="json") | {"skipped": reach.passed_over})
        return 1 if left else 0
    if dry_run:
        console.whole(f"{days.name} would reach {_cases(len(reach.cases))}.")
    else:
        console.whole(f"{_cases(told.told)} given {days.name}.")
    for why, count in reach.passed_over.items():
        console.whole(f"skipped {count}: they {WHY[why]}")
    for case in told.unknown[:SHOWN_CASES]:
        console.whole(("unknown to Temporal", "red"), f"  {case}")
    for case in told.full[:SHOWN_CASES]:
        console.whole(("takes no more for now", "red"), f"  {case}")
    if len(left) > SHOWN_CASES:
        console.print("More were not told; --json lists them all.")
    if told.unknown:
        console.print("What to do with cases that Temporal lacks: seamless case list --stuck")
    if told.full:
        console.print("Run the command again once the others have taken what waits for them.")
    return 1 if left else 0


def _cases(count: int) -> str:
    return f"{count} open {'case' if count == 1 else 'cases'}"


def _all(settings: Settings) -> list[tuple[CalendarDays, str]]:
    """The calendar versions, each with where it is."""
    from contracts.terms.calendar import LegalCalendar, calendar, names
    from workers.process.calendars import days_in, names_in

    known = [(each, "the package") for each in map(calendar, names()) if isinstance(each, LegalCalendar)]
    found = [(each.days, place) for each, place in known]
    folder = settings.calendars
    if folder is not None:
        for name in names_in(folder):
            if name not in names() and (days := days_in(folder, name)):
                found.append((days, str(folder)))
    return found
