"""What the commands share that compare the archive with Temporal, or act on cases there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from seamless.cli.archived import with_archive

if TYPE_CHECKING:
    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from workers.process.settings import Settings


def with_temporal(
    work: Callable[[Settings, ArchiveReader, Client], Awaitable[int]],
    data: Any,
    archive: str | None,
    **given: Any,
) -> None:
    """Do ``work`` on the archive and the Temporal server that the options name, and leave with its exit code.

    Args:
        given: further settings, from options.
    """

    async def on_both(settings: Settings, reader: ArchiveReader) -> int:
        async with asking(settings) as client:
            return await work(settings, reader, client)

    with_archive(on_both, data, archive, **given)


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[Client]:
    """A client of the Temporal server that the settings name.

    Raises:
        Unavailable: nobody answers there, or what it is asked then it does not do.
    """
    from temporalio.service import RPCError

    from contracts.terms.errors import Unavailable
    from workers.process.temporal import connect

    client = await connect(settings)
    try:
        yield client
    except RPCError as error:
        raise Unavailable(f"the Temporal server at {settings.temporal} refuses: {error.message}") from None
