"""``seamless case``: what the archive knows about cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seamless.cli.options import Archive, Data, Json, Kafka

if TYPE_CHECKING:
    from archive.reader import ArchiveReader, CaseRow
    from contracts.terms.errors import InvalidInput
    from workers.process.settings import Settings

app = typer.Typer(help="Cases: list, show, read their ledger, verify it.", no_args_is_help=True)

CaseArgument = Annotated[str | None, typer.Argument(metavar="ID", help="The case id.")]
Last = Annotated[bool, typer.Option("--last", help="The case that was opened last.")]


@app.command("list")
def list_cases(
    status: Annotated[Literal["open", "closed"] | None, typer.Option(help="Only these.")] = None,
    procedure: Annotated[str | None, typer.Option(help="Only cases of this procedure.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_json: Json = False,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """List cases, the one opened last first.

    [bold]Examples[/bold]

      seamless case list --status open

      seamless case list --procedure construction-permit --limit 20 --json
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.case_views import print_cases, print_json

        unread = await _unread(reader)
        rows = await reader.cases(status=status, procedure=procedure, limit=limit)
        if as_json:
            print_json({"cases": [row.model_dump(mode="json") for row in rows], "unread": unread})
        else:
            print_cases(rows, settings)
        return 0

    _run(work, data, archive)


@app.command()
def show(
    case: CaseArgument = None,
    last: Last = False,
    as_json: Json = False,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Show a case: who holds it since when, what it waits for, what was decided.

    [bold]Examples[/bold]

      seamless case show --last

      seamless case show portal-0199a1b2-0000-7000-8000-000000000001 --json
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from archive.state import state_of
        from seamless.cli.case_views import print_case, print_json, reason_of

        await _unread(reader)
        row = await _chosen(settings, reader, case)
        state = state_of(await reader.entries(row.case))
        if as_json:
            reason = reason_of(row, state)
            print_json(
                row.model_dump(mode="json")
                | state.model_dump(mode="json")
                | {"reason": reason.model_dump() if reason else None}
            )
        else:
            print_case(row, state, settings.directory)
        return 0

    _check_choice(case, last)
    _run(work, data, archive)


@app.command()
def timeline(
    case: CaseArgument = None,
    last: Last = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the case is closed.")] = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Print the ledger of a case: who did what when, and who held the case after it.

    [bold]--follow[/bold] reads the ledger's topic and prints each entry as it
    is written, until the case is closed; with [bold]--json[/bold] one a line.

    [bold]Examples[/bold]

      seamless case timeline --last

      seamless case timeline portal-0199a1b2-0000-7000-8000-000000000001 --json

      seamless case timeline --last --follow
    """

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from seamless.cli.case_views import print_json
        from seamless.cli.timeline import print_timeline, wide_console

        if follow:  # a case that was just submitted may not be in the archive yet
            await _follow(settings, case or (await _chosen(settings, reader, None)).case, as_json)
            return 0
        entries = await reader.entries((await _chosen(settings, reader, case)).case)
        if as_json:
            print_json([entry.model_dump(mode="json") for entry in entries])
        else:
            print_timeline(wide_console(), settings.directory, entries)
        return 0

    _check_choice(case, last)
    _run(work, data, archive, kafka=kafka)


@app.command()
def verify(
    case: CaseArgument = None,
    last: Last = False,
    everything: Annotated[bool, typer.Option("--all", help="Every case there is.")] = False,
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
        from seamless.cli.case_views import print_comparison, print_json, print_verdict

        compared = await compare(settings, reader, sample=everything)
        if everything:
            verdict = await reader.all_faults()
        else:
            verdict = await reader.verdict(case or (await _chosen(settings, reader, None)).case)
            if not verdict.cases and compared.complete is not False:
                raise _no_case(settings, case)
        if as_json:
            found = {"cases": verdict.cases, "entries": verdict.entries, "broken": verdict.faults}
            print_json(found | {"complete": compared.complete} | compared.model_dump(mode="json"))
        else:
            print_comparison(compared)
            print_verdict(verdict, complete=compared.complete)
        return 1 if verdict.faults or compared.complete is False else 0

    _check_choice(case, last, everything)
    _run(work, data, archive, kafka=kafka)


def _run(
    work: Callable[[Settings, ArchiveReader], Awaitable[int]], data: Any, archive: str | None, **given: Any
) -> None:
    """Do ``work`` on the archive that the options name, and leave with its exit code."""
    from seamless.cli.run import run
    from workers.process.logs import configure_logs
    from workers.process.settings import load_settings

    if data is not None:  # what is said on the command line goes before SEAMLESS_ARCHIVE
        archive = archive or ""
    settings = load_settings(data=data, archive=archive, **given)

    async def main() -> int:
        configure_logs("ERROR", process="case")
        async with _archive(settings) as reader:
            return await work(settings, reader)

    run(main)


@asynccontextmanager
async def _archive(settings: Settings) -> AsyncIterator[ArchiveReader]:
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from archive.database import shown
    from archive.reader import ArchiveReader
    from contracts.terms.errors import Damaged, Unavailable

    reader = ArchiveReader(settings.archive_url)
    try:
        yield reader
    except ValidationError:
        raise Damaged("the archive holds an entry that cannot be read: run `seamless case verify`") from None
    except SQLAlchemyError as error:
        raise Unavailable(f"cannot read the archive {shown(settings.archive_url)}: {error.args[0]}") from None
    finally:
        await reader.close()


async def _unread(reader: ArchiveReader) -> int:
    """How many records the archive lacks, as far as its worker knows; told on standard error."""
    from archive.completeness import unread

    behind = unread(await reader.positions())
    if behind:
        typer.echo(f"The archive is incomplete: it lacks {behind} records of the ledger's topic.", err=True)
    return behind


async def _chosen(settings: Settings, reader: ArchiveReader, case: str | None) -> CaseRow:
    """The case of this id; without one, the case that was opened last.

    Raises:
        InvalidInput: there is none.
    """
    row = await reader.case(case) if case else next(iter(await reader.cases(limit=1)), None)
    if row is None:
        raise _no_case(settings, case)
    return row


def _no_case(settings: Settings, case: str | None) -> InvalidInput:
    from archive.database import shown
    from contracts.terms.errors import InvalidInput

    return InvalidInput(f"no case {case or 'yet'} in the archive {shown(settings.archive_url)}")


def _check_choice(*given: object) -> None:
    if sum(map(bool, given)) != 1:
        raise typer.BadParameter("give one of: a case id, --last" + (", --all" if len(given) == 3 else ""))


async def _follow(settings: Settings, case: str, as_json: bool) -> None:
    """Print the entries of a case from its first to its closing, as they stand on the topic."""
    from rich.console import Console

    from network.broker.ledger import LedgerFollower
    from seamless.cli.timeline import print_entry

    console = Console()
    async with LedgerFollower(settings.broker, from_start=True) as ledger:
        async for entry in ledger:
            if entry.case != case:
                continue
            if as_json:
                print(entry.model_dump_json(), flush=True)
            else:
                print_entry(console, settings.directory, entry)
            if entry.kind == "closed":
                return
