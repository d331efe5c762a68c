"""``seamless case``: what the archive knows about cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli import case_orders
from seamless.cli.archived import case_of, check_choice, chosen, no_case, tell_unread, with_archive
from seamless.cli.case_cancel import cancel
from seamless.cli.case_clock import clock
from seamless.cli.case_list import list_cases
from seamless.cli.options import Archive, CaseArgument, Data, Json, Kafka, Lang, Last

if TYPE_CHECKING:
    from archive.reader import ArchiveReader
    from workers.process.settings import Settings

app = typer.Typer(
    help="Cases: list, show, read and verify their ledgers; correct, end.", no_args_is_help=True
)
app.command("list")(list_cases)
app.command("clock")(clock)
app.command("cancel")(cancel)
app.command("resend")(case_orders.resend)
app.command("move")(case_orders.move)
app.command("extend")(case_orders.extend)
app.command("release")(case_orders.release)
app.command("confirm")(case_orders.confirm)


@app.command()
def show(
    case: CaseArgument = None,
    last: Last = False,
    lang: Lang = None,
    as_json: Json = False,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Show a case: who holds it since when, what it waits for, what was decided.

    [bold]Examples[/bold]

      seamless case show --last

      seamless case show 7K3-MQ2-XHP

      seamless case show portal-0199a1b2-0000-7000-8000-000000000001 --json
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from archive.proposals import waiting_in
        from archive.state import state_of
        from seamless.cli.case_views import print_case, reason_of
        from seamless.cli.console import Console
        from seamless.cli.names import Names, language

        row = await chosen(settings, reader, case)
        await tell_unread(reader)
        entries = await reader.entries(row.case)
        state, proposed = state_of(entries), waiting_in(entries)
        if as_json:
            reason = reason_of(row, state)
            Console().json(
                row.model_dump(mode="json")
                | state.model_dump(mode="json")
                | {"reason": reason.model_dump() if reason else None}
                | {"proposed": [each.as_json() for each in proposed]}
            )
        else:
            print_case(row, state, proposed, settings, Names(settings.directory, language(lang)))
        return 0

    check_choice(case, last)
    with_archive(work, data, archive)


@app.command()
def timeline(
    case: CaseArgument = None,
    last: Last = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Continue until the case is closed.")
    ] = False,
    lang: Lang = None,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Print the ledger of a case: who did what when, and who held the case after it.

    [bold]--follow[/bold] reads the ledger's topic and prints each entry as it
    is written, until the case is closed; with [bold]--json[/bold] one a line. Of a case
    that the ledger does not have, it waits some seconds for the first entry.

    [bold]Examples[/bold]

      seamless case timeline --last

      seamless case timeline portal-0199a1b2-0000-7000-8000-000000000001 --json

      seamless case timeline --last --follow
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.console import Console
        from seamless.cli.names import Names, language
        from seamless.cli.timeline import Timeline

        if follow:  # a case that was just submitted may not be in the archive yet
            from seamless.cli.follow import follow as follow_case

            if case:
                wanted = await case_of(settings, reader, case)
            else:
                wanted = (await chosen(settings, reader, None)).case
            await follow_case(settings, wanted, as_json=as_json, lang=lang)
            return 0
        entries = await reader.entries((await chosen(settings, reader, case)).case)
        if as_json:
            Console().json([entry.model_dump(mode="json") for entry in entries])
        else:
            names, zone = Names(settings.directory, language(lang)), settings.legal_calendar.zone
            Timeline(Console(), names, zone).print_whole(entries)
        return 0

    check_choice(case, last)
    with_archive(work, data, archive, kafka=kafka)


@app.command()
def verify(
    case: CaseArgument = None,
    last: Last = False,
    everything: Annotated[bool, typer.Option("--all", help="Every case.")] = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Verify that a ledger is whole: no gap, no fork, every hash right, nothing
    cut off; and that the archive has all that is on the ledger's topic.

    With [bold]--all[/bold], the open cases in Temporal that began last are looked for, too.
    A server that does not answer is named: that comparison was not made then.

    The exit code is 0 when nothing is wrong; 1 when a ledger is broken or the archive
    is incomplete; 2 when there is no archive, or no such case in a complete one.

    [bold]Examples[/bold]

      seamless case verify --last

      seamless case verify --all --json
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.case_completeness import compare
        from seamless.cli.case_views import print_comparison, print_verdict
        from seamless.cli.console import Console

        compared = await compare(settings, reader, sample=everything)
        if everything:
            verdict = await reader.all_faults()
        else:
            wanted = await case_of(settings, reader, case) if case else None
            verdict = await reader.verdict(wanted or (await chosen(settings, reader, None)).case)
            if not verdict.cases and compared.complete is not False:
                raise no_case(settings, case)
        if as_json:
            found = {"cases": verdict.cases, "entries": verdict.entries, "broken": verdict.faults}
            Console().json(found | {"complete": compared.complete} | compared.model_dump(mode="json"))
        else:
            print_comparison(compared, settings)
            print_verdict(verdict, complete=compared.complete)
        return 1 if verdict.faults or compared.complete is False else 0

    check_choice(case, last, everything)
    with_archive(work, data, archive, kafka=kafka)
