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
        async with reading(settings) as reader:
            return await work(settings, reader)

    run(main)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[ArchiveReader]:
    """The archive of these settings, for as long as it is read.

    Raises:
        Damaged, Unavailable: it holds what cannot be read; it does not answer.
    """
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
    """How many records the archive lacks, as far as its worker knows; printed on standard error."""
    from archive.completeness import unread
    from seamless.cli.console import Console

    behind = unread(await reader.positions())
    if behind:
        told = f"The archive is incomplete: it lacks {behind} records of the ledger's topic."
        Console(errors=True).print(told)
    return behind


async def chosen(settings: Settings, reader: ArchiveReader, case: str | None) -> CaseRow:
    """The case of this id or number; without one, the case that was opened last.

    Raises:
        InvalidInput: there is none, or there can be none.
    """
    if case:
        row = await reader.case(await case_of(settings, reader, case))
    else:
        row = next(iter(await reader.cases(limit=1)), None)
    if row is None:
        raise no_case(settings, case)
    return row


async def case_of(settings: Settings, reader: ArchiveReader, text: str) -> CaseId:
    """The id of a case that a person gave by its id or by its number. Whether there is a case of that id is
    not asked.

    Raises:
        InvalidInput: no case can have it; or no case, or several, have that number.
    """
    from archive.choosing import cases_ending
    from contracts.terms.errors import InvalidInput

    given = case_given(text)
    if not isinstance(given, Tail):
        return given
    found, _ = await reader.ask(lambda db: cases_ending(db, given))
    if not found:
        raise no_case(settings, text)
    if len(found) > 1:
        ids = ", ".join(found)
        raise InvalidInput(f"{len(found)} cases have the number {text}; give the id of one: {ids}")
    return found[0]


class Tail(str):
    """How the id of a case ends that was given by its number.

    Attributes:
        number: as it was given.
    """

    number: str

    def __new__(cls, tail: str, number: str) -> Tail:
        made = super().__new__(cls, tail)
        made.number = number
        return made


def case_given(text: str) -> CaseId | Tail:
    """What a person gave for a case.

    Raises:
        InvalidInput: neither the id of a case, nor a number.
    """
    from contracts.terms.case_number import Mistyped, tail_of
    from contracts.terms.errors import InvalidInput
    from contracts.terms.identifiers import CaseId

    try:
        return CaseId(text)
    except ValueError:
        pass
    try:
        return Tail(tail_of(text), text)
    except Mistyped as mistyped:
        raise InvalidInput(str(mistyped)) from None
    except ValueError:
        raise InvalidInput(
            f"{text!r} is neither a case id (<channel>-<UUID version 7>) nor a case number, such as "
            "7K3-MQ2-XHP"
        ) from None


def check_choice(*given: object) -> None:
    """Return if exactly one is given of an id, ``--last`` and, where there is it, ``--all``.

    Raises:
        typer.BadParameter: none is, or several are.
    """
    import typer

    if sum(map(bool, given)) != 1:
        raise typer.BadParameter("give one of: a case, --last" + (", --all" if len(given) == 3 else ""))


def no_case(settings: Settings, case: str | None) -> InvalidInput:
    """What to say where the archive has no such case, or none at all."""
    from archive.database import shown
    from contracts.terms.errors import InvalidInput

    return InvalidInput(f"no case {case or 'yet'} in the archive {shown(settings.archive_url)}")
