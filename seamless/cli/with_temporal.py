"""What the commands share that compare the archive with Temporal, or act on cases there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
        from temporalio.service import RPCError

        from contracts.terms.errors import Unavailable
        from workers.process.temporal import connect

        client = await connect(settings)
        try:
            return await work(settings, reader, client)
        except RPCError as error:
            raise Unavailable(
                f"the Temporal server at {settings.temporal} does not do it: {error.message}"
            ) from None

    with_archive(on_both, data, archive, **given)
