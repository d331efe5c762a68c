"""``seamless case clock``: the legal clock of a case, from the archive alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from seamless.cli.archived import check_choice, chosen, tell_unread, with_archive
from seamless.cli.options import Archive, CaseArgument, Data, Json, Lang, Last

if TYPE_CHECKING:
    from archive.reader import ArchiveReader
    from workers.process.settings import Settings


def clock(
    case: CaseArgument = None,
    last: Last = False,
    lang: Lang = None,
    as_json: Json = False,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Show the legal clock of a case: who held it from when to when, how much of that
    counts towards its limit and why; when the limits end, and what is left of them.

    It is read from the archive alone, and is the same once the personal data is erased.

    [bold]Examples[/bold]

      seamless case clock --last

      seamless case clock portal-0199a1b2-0000-7000-8000-000000000001 --json
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.clock_views import Reading, as_data, print_clock
        from seamless.cli.console import Console
        from seamless.cli.names import Names, language

        row = await chosen(settings, reader, case)
        await tell_unread(reader)
        entries = await reader.entries(row.case)
        instant = entries[-1].recorded if settings.virtual_time else now()
        reading = Reading(entries, instant, settings.legal_calendar)
        if as_json:
            Console().json(as_data(reading))
        else:
            print_clock(reading, Names(settings.directory, language(lang)))
        return 0

    check_choice(case, last)
    with_archive(work, data, archive)


def now() -> datetime:
    """The instant at which it is read."""
    return datetime.now(UTC)
