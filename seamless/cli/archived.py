"""What the commands share that read the archive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.reader import ArchiveReader, CaseRow
    from contracts.terms.errors import InvalidInput
    from contracts.terms.identifiers import CaseId
    from workers.process.settings import Settings


def with_archive(
    work: Callable[[Settings, ArchiveReader], Awaitable[int]], data: Any, archive: str | None, **given: Any
) -> None:
    """Do ``work`` on the archive that the options name, and leave with its exit code.

    Args:
        given: further settings, from options.
    """
    from seamless.cli.run import run
    from workers.process.settings import load_settings

    if data is not None:  # what is said on the command line goes before SEAMLESS_ARCHIVE
        archive = archive or ""
    settings = load_settings(data=data, archive=archive, **given)

    async def main() -> int:
        async with _reading(settings) as reader:
            return await work(settings, reader)

    run(main)


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[ArchiveReader]:
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


async def tell_unread(reader: ArchiveReader) -> int:
    """How many records the archive lacks, as far as its worker knows; told on standard error."""
    from archive.completeness import unread
    from seamless.cli.console import Console

    behind = unread(await reader.positions())
    if behind:
        told = f"The archive is incomplete: it lacks {behind} records of the ledger's topic."
        Console(errors=True).print(told)
    return behind


async def chosen(settings: Settings, reader: ArchiveReader, case: str | None) -> CaseRow:
    """The case of this id; without one, the case that was opened last.

    Raises:
        InvalidInput: there is none, or there can be none.
    """
    if case:
        row = await reader.case(case_id(case))
    else:
        row = next(iter(await reader.cases(limit=1)), None)
    if row is None:
        raise no_case(settings, case)
    return row


def case_id(text: str) -> CaseId:
    """A case id that a person gave.

    Raises:
        InvalidInput: no case can have it.
    """
    from contracts.terms.errors import InvalidInput
    from contracts.terms.identifiers import CaseId

    try:
        return CaseId(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no case id: it has to be <channel>-<UUID of version 7>") from None


def check_choice(*given: object) -> None:
    """Return if exactly one is given of an id, ``--last`` and, where there is it, ``--all``.

    Raises:
        typer.BadParameter: none is, or several are.
    """
    import typer

    if sum(map(bool, given)) != 1:
        raise typer.BadParameter("give one of: a case id, --last" + (", --all" if len(given) == 3 else ""))


def no_case(settings: Settings, case: str | None) -> InvalidInput:
    """What to say where the archive has no such case, or none at all."""
    from archive.database import shown
    from contracts.terms.errors import InvalidInput

    return InvalidInput(f"no case {case or 'yet'} in the archive {shown(settings.archive_url)}")
