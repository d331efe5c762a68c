"""``seamless case list --stuck``: the cases that do not go on by themselves, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seamless.cli.with_temporal import with_temporal

if TYPE_CHECKING:
    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from workers.process.settings import Settings

LISTED = ("case", "reason", "since", "what stands in the way")


def list_stuck(as_json: bool, data: Any, archive: str | None, **given: Any) -> None:
    """List every case that is stuck. Each open case is asked for, also where the watcher asks in turn.

    Args:
        given: settings, from options.
    """

    async def work(settings: Settings, reader: ArchiveReader, client: Client) -> int:
        from archive.database import shown
        from seamless.cli.archived import tell_unread
        from seamless.cli.console import Console, line, listing
        from seamless.cli.timeline import moment
        from workers.watcher.stuck import StuckCases

        unread = await tell_unread(reader)
        found = await StuckCases(client, reader, checks=settings.directory.checks()).find()
        if as_json:
            Console().json({"stuck": [each.model_dump(mode="json") for each in found], "unread": unread})
        elif found:
            rows = [
                (
                    line(each.case),
                    line((each.reason, "red")),
                    line(moment(each.since) if each.since else ""),
                    line(each.detail),
                )
                for each in found
            ]
            listing(Console(), LISTED, rows)
        else:
            Console().whole(f"No case is stuck in {shown(settings.archive_url)}.")
        return 0

    with_temporal(work, data, archive, **given)
