"""``seamless case list``: which cases, who has them until when, and which do not go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seamless.cli.archived import tell_unread, with_archive
from seamless.cli.options import Archive, AtMost, Data, Json, Lang, Temporal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from archive.choosing import Choice
    from archive.reader import ArchiveReader, CaseRow
    from archive.silence import Silence
    from contracts.terms.identifiers import CaseId, Party
    from workers.process.settings import Settings
    from workers.watcher.stuck import StuckCase


def list_cases(
    status: Annotated[
        Literal["open", "closed"] | None, typer.Option(help="Only open, or only closed cases.")
    ] = None,
    procedure: Annotated[str | None, typer.Option(help="Only cases of this procedure.")] = None,
    holder: Annotated[
        str | None,
        typer.Option(
            metavar="WHO",
            help="Only cases in which this agency, or the applicant, has something to do; system: nobody.",
        ),
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only cases in which something is past its limit.")
    ] = False,
    due_before: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Only cases in which the last day of something is before this one."),
    ] = None,
    stuck: Annotated[
        bool, typer.Option("--stuck", help="Only those that do not go on by themselves, with the reason.")
    ] = False,
    by: Annotated[
        Literal["agency"] | None, typer.Option(help="Count them by who has them, instead of listing them.")
    ] = None,
    limit: AtMost = None,
    lang: Lang = None,
    as_json: Json = False,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """List cases, the most recently opened first: those that match all the options given.

    [bold]--holder[/bold], [bold]--overdue[/bold] and [bold]--due-before[/bold] together apply to the same
    request. Each case has a number besides its id; every command accepts either.

    [bold]Examples[/bold]

      seamless case list --status open

      seamless case list --overdue --holder fire-safety

      seamless case list --due-before 2026-12-01 --procedure construction-permit --limit 20 --json

      seamless case list --overdue --by agency

      seamless case list --stuck --holder drainage
    """
    if by and (limit or stuck):
        raise typer.BadParameter("--by counts all cases: give neither --limit nor --stuck with it")

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from archive.choosing import by_holder, chosen_cases
        from archive.silence import silences_of
        from seamless.cli.case_views import as_data, print_cases
        from seamless.cli.console import Console
        from seamless.cli.holders import print_holders
        from seamless.cli.names import Names, language

        now = datetime.now(UTC)
        names = Names(settings.directory, language(lang))
        choice = _choice(settings, now, status, procedure, holder, due_before, overdue=overdue)
        await _check_procedure(reader, procedure)
        unread = await tell_unread(reader)

        def found_by(db: Connection) -> tuple[Sequence[CaseRow], Mapping[CaseId, Silence]]:
            found = chosen_cases(db, choice, limit)
            return found, silences_of(db, found)

        if by:
            holds, _ = await reader.ask(lambda db: by_holder(db, choice, now))
            if as_json:
                counted = [each.model_dump(mode="json") for each in holds]
                Console().json({"holders": counted, "unread": unread})
            else:
                print_holders(Console(), holds, names, settings, now)
            return 0
        if stuck:
            stopped = await _stuck(settings, reader, choice, limit)
            _tell_stuck(stopped, settings, unread, chosen=not choice.everything, as_json=as_json)
            return 0
        (rows, silences), _ = await reader.ask(found_by)
        if as_json:
            Console().json({"cases": [as_data(row, silences) for row in rows], "unread": unread})
        else:
            print_cases(rows, silences, settings, names, chosen=not choice.everything)
        return 0

    with_archive(work, data, archive, temporal=temporal)


def _choice(
    settings: Settings,
    now: datetime,
    status: Literal["open", "closed"] | None,
    procedure: str | None,
    holder: str | None,
    due_before: str | None,
    *,
    overdue: bool,
) -> Choice:
    """What a person has chosen.

    Raises:
        InvalidInput: there can be no such holder or day.
    """
    from archive.choosing import Choice

    ends = [now] if overdue else []
    if due_before is not None:
        ends.append(_day(settings, due_before, now))
    return Choice(status, procedure, _party(settings, holder) if holder else None, min(ends, default=None))


async def _check_procedure(reader: ArchiveReader, procedure: str | None) -> None:
    """Raises InvalidInput: there is no such procedure, and no case of one that there was."""
    from archive.choosing import Choice, chosen_cases
    from contracts.procedures.catalogue import CATALOGUE
    from contracts.terms.errors import InvalidInput

    if procedure is None or procedure in CATALOGUE:
        return
    found, _ = await reader.ask(lambda db: chosen_cases(db, Choice(procedure=procedure), 1))
    if not found:
        known = ", ".join(sorted(CATALOGUE))
        raise InvalidInput(f"--procedure: there is no procedure {procedure!r}; there are: {known}")


def _day(settings: Settings, text: str, now: datetime) -> datetime:
    """The instant at which a legal day begins. A limit whose last day is the one before ends with it."""
    from datetime import date

    from contracts.terms.errors import InvalidInput

    try:
        return settings.legal_calendar.begins(date.fromisoformat(text), now)
    except (ValueError, OverflowError):
        raise InvalidInput(f"--due-before: {text!r} is not a day; write it as 2026-12-01") from None


def _party(settings: Settings, text: str) -> Party:
    """Whoever may have a case, as a person names them."""
    from contracts.terms.errors import InvalidInput
    from contracts.terms.identifiers import APPLICANT, SYSTEM, Party

    agencies = [agency.id for agency in settings.directory.agencies]
    if text in agencies:
        return Party.agency(text)
    if text in (APPLICANT, SYSTEM):
        return Party(text)
    try:
        party = Party(text)
    except ValueError:
        party = None
    if party is not None and party.kind in ("agency", "third-party") and party.id:
        return party  # one that has left the directory may still have cases
    raise InvalidInput(
        f"--holder: there is no {text!r}; there are: {', '.join(agencies)}, applicant, system; or write "
        "agency:ID, third-party:KEY"
    )


async def _stuck(
    settings: Settings, reader: ArchiveReader, choice: Choice, limit: int | None
) -> Sequence[StuckCase]:
    """The stuck cases of a choice. Each open case is asked for, also where the watcher asks in turn."""
    from archive.choosing import chosen_cases
    from seamless.cli.with_temporal import asking
    from workers.watcher.stuck import StuckCases

    async with asking(settings) as client:
        found = await StuckCases(client, reader, checks=settings.directory.checks()).find()
    if not choice.everything:
        rows, _ = await reader.ask(lambda db: chosen_cases(db, choice))
        chosen = {row.case for row in rows}
        found = [each for each in found if each.case in chosen]
    return found[:limit]


def _tell_stuck(
    found: Sequence[StuckCase], settings: Settings, unread: int, *, chosen: bool, as_json: bool
) -> None:
    from archive.database import shown
    from contracts.terms.case_number import number_of
    from seamless.cli.console import Console, line, listing
    from seamless.cli.timeline import moment

    if as_json:
        listed: list[dict[str, Any]] = [
            each.model_dump(mode="json") | {"number": number_of(each.case)} for each in found
        ]
        Console().json({"stuck": listed, "unread": unread})
        return
    if not found:
        Console().whole(f"No {'such ' if chosen else ''}case is stuck in {shown(settings.archive_url)}.")
        return
    zone = settings.legal_calendar.zone
    rows = [
        (
            line(each.case),
            line(number_of(each.case)),
            line((each.reason, "red")),
            line(moment(each.since, zone) if each.since else ""),
            line(each.detail),
        )
        for each in found
    ]
    listing(Console(), ("case", "number", "reason", f"since ({zone.key})", "what keeps it"), rows)
