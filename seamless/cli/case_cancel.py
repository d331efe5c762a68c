"""``seamless case cancel``: an operator ends a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.archived import case_given, case_of
from seamless.cli.options import Archive, Data, Json, Kafka, Temporal
from seamless.cli.ordered import DryRun, OnBehalf, person, unfit
from seamless.cli.with_temporal import with_temporal

if TYPE_CHECKING:
    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from contracts.wire.orders import CancelOrdered
    from workers.process.settings import Settings


def cancel(
    case: Annotated[str, typer.Argument(metavar="ID", help="The case id, or its number.")],
    why: Annotated[
        str, typer.Option(help="The reason. It is recorded; the applicant and the agencies are told.")
    ],
    by: OnBehalf = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="If it does not end by itself, terminate it and close its ledger."),
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """End a case, decided or not (broken off). Its ledger says why, and that a person
    did it.

    If the workflow of a case is gone, its ledger is closed, which needs a complete
    archive. Where the service item requires two persons for it, the order is
    proposed, and another person confirms it: [bold]seamless case confirm[/bold].

    The exit code is 0 once it has ended, or is proposed; 1 when it was ordered to
    end and is stuck; 2 when there is no such case, or it is closed.

    [bold]Examples[/bold]

      seamless case cancel portal-0199a1b2-0000-7000-8000-000000000001 --why "opened twice"

      seamless case cancel portal-0199a1b2-0000-7000-8000-000000000001 --why "lost" --force
    """

    case_given(case)  # what cannot be a case is reported before a server is asked
    order = _order(why, by)

    async def work(settings: Settings, reader: ArchiveReader, client: Client) -> int:
        from seamless.cli.console import Console
        from seamless.operate.cancelling import Cancelling

        chosen = await case_of(settings, reader, case)
        cancelling = Cancelling(
            client, reader, settings.broker, settings.directory, Console(errors=True).whole
        )
        said = {"by": order.officer, "why": why} | ({"on_behalf_of": by} if by else {})
        if dry_run:
            foreseen = await cancelling.foreseen(chosen)
            if as_json:
                Console().json({"about": chosen, "would": order.lever, "foreseen": foreseen} | said)
            else:
                Console().whole(f"{chosen}: {foreseen}")
            return 0
        proposed = await cancelling.cancel(chosen, order, force=force)
        if as_json:
            done = {"proposed": chosen, "order": proposed} if proposed else {"cancelled": chosen}
            Console().json(done | said)
        elif proposed:
            Console().whole(f"{chosen}: proposed: cancel. Another person has to confirm the order:")
            Console().whole(proposed)
        else:
            Console().whole(f"{chosen} has ended: broken off.")
        return 0

    with_temporal(work, data, archive, kafka=kafka, temporal=temporal)


def _order(why: str, by: str | None) -> CancelOrdered:
    from pydantic import ValidationError

    from contracts.wire.orders import CancelOrdered

    try:
        return CancelOrdered(**person(by)._asdict(), why=why)
    except ValidationError as error:
        raise unfit(error) from None
