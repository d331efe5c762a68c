"""``seamless case cancel``: an operator ends a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seamless.cli.archived import case_given, case_of
from seamless.cli.operator import login_name
from seamless.cli.options import Archive, Data, Json, Kafka, Temporal
from seamless.cli.with_temporal import with_temporal

if TYPE_CHECKING:
    from temporalio.client import Client

    from archive.reader import ArchiveReader
    from contracts.platform import Cancellation
    from workers.process.settings import Settings


def cancel(
    case: Annotated[str, typer.Argument(metavar="ID", help="The case id, or its number.")],
    why: Annotated[
        str, typer.Option(help="The reason. It is kept; the applicant and the agencies are told.")
    ],
    by: Annotated[
        str | None, typer.Option(help="Who does it, which is kept.", show_default="the login name")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="If it does not end by itself, terminate it and close its ledger."),
    ] = False,
    as_json: Json = False,
    kafka: Kafka = None,
    temporal: Temporal = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """End a case, decided or not: broken off. Its ledger says who did it and why.

    A case whose workflow is gone has its ledger closed, which takes a complete
    archive.

    The exit code is 0 once it has ended; 1 when it was told to and is stuck;
    2 when there is no such case, or it is closed.

    [bold]Examples[/bold]

      seamless case cancel portal-0199a1b2-0000-7000-8000-000000000001 --why "opened twice"

      seamless case cancel portal-0199a1b2-0000-7000-8000-000000000001 --why "lost" --force
    """

    case_given(case)  # what can be none is told before a server is asked
    cancellation = _cancellation(login_name() if by is None else by, why)

    async def work(settings: Settings, reader: ArchiveReader, client: Client) -> int:
        from seamless.cli.console import Console
        from seamless.operate.cancelling import Cancelling

        chosen = await case_of(settings, reader, case)
        cancelling = Cancelling(
            client, reader, settings.broker, settings.directory, Console(errors=True).whole
        )
        await cancelling.cancel(chosen, cancellation, force=force)
        if as_json:
            Console().json({"cancelled": chosen} | cancellation.model_dump(mode="json"))
        else:
            Console().whole(f"{chosen} has ended: broken off.")
        return 0

    with_temporal(work, data, archive, kafka=kafka, temporal=temporal)


def _cancellation(by: str, why: str) -> Cancellation:
    from pydantic import ValidationError

    from contracts.platform import Cancellation
    from contracts.terms.errors import InvalidInput, faults_of

    try:
        return Cancellation(by=by, why=why)
    except ValidationError as error:
        faults = "; ".join(f"--{fault.field}: {fault.message}" for fault in faults_of(error))
        raise InvalidInput(faults) from None
