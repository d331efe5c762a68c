"""``seamless case resend``, ``move``, ``extend``, ``release``, ``confirm``: orders about one case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamless.cli.archived import case_given, with_archive
from seamless.cli.options import Archive, Data, Json, Kafka
from seamless.cli.ordered import DryRun, OnBehalf, Why, give, person, unfit

if TYPE_CHECKING:
    from archive.reader import ArchiveReader
    from seamless.operate.ordering import Ordering, Planned
    from workers.process.settings import Settings

Case = Annotated[str, typer.Argument(metavar="ID", help="The case id, or its number.")]
Request = Annotated[
    str, typer.Argument(metavar="REQUEST", help="An open request, as case show names it; its name is enough.")
]


def resend(
    case: Case,
    request: Request,
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Send an open request to its agency again, with its current content.

    For an agency that has lost it. The request id is the same: an answer counts
    once. The limit does not move.

    [bold]Example[/bold]

      seamless case resend portal-0199a1b2-0000-7000-8000-000000000001 \\
        review-planning --why "their disk was full"
    """
    _order(case, why, by, lambda known: known.resend(request), dry_run, as_json, data, archive, kafka=kafka)


def move(
    case: Case,
    request: Request,
    to: Annotated[str, typer.Option("--to", metavar="AGENCY", help="The agency that is to answer it.")],
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Give an open request to another agency, with a new limit.

    It may be the lead agency, or one of the stand_ins of the service item. The
    agency that had it is told; an answer that it still sends is kept as late.

    [bold]Example[/bold]

      seamless case move portal-0199a1b2-0000-7000-8000-000000000001 \\
        review-planning --to housing --why "they are not competent"
    """
    _order(case, why, by, lambda known: known.move(request, to), dry_run, as_json, data, archive, kafka=kafka)


def extend(
    case: Case,
    approval: Annotated[
        str, typer.Option("--approval", help="The approving agency's reference for its approval.")
    ],
    why: Why,
    limit: Annotated[
        str | None,
        typer.Option(
            metavar="LIMIT", help="By how much: 10 working-days.", show_default="all that the law allows"
        ),
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="RULE", help="The rule.", show_default="the law's only one")
    ] = None,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Extend the limits of a case, as its law allows and its approver has approved.

    The agency that the law names as the approver is told, and so is the lead agency.

    [bold]Example[/bold]

      seamless case extend portal-0199a1b2-0000-7000-8000-000000000001 \\
        --limit "10 working-days" --approval "2026-117" --why "an expert is needed"
    """
    _order(
        case,
        why,
        by,
        lambda known: known.extend(approval, limit, basis),
        dry_run,
        as_json,
        data,
        archive,
        kafka=kafka,
    )


def release(
    case: Case,
    step: Annotated[
        str,
        typer.Argument(metavar="STEP", help="Whose end is held: a request, or a limit such as statutory."),
    ],
    why: Why,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Let a consequence take effect that is held because the platform was away, an
    agency is paused, or an automated check has not answered.

    What a dead letter holds takes effect once that is replayed or discarded.

    [bold]Example[/bold]

      seamless case release portal-0199a1b2-0000-7000-8000-000000000001 \\
        review-planning --why "they had it, and nothing to say"
    """
    _order(case, why, by, lambda known: known.release(step), dry_run, as_json, data, archive, kafka=kafka)


def confirm(
    case: Case,
    why: Why,
    order: Annotated[
        str | None, typer.Argument(metavar="ORDER", help="Its id.", show_default="the waiting one")
    ] = None,
    by: OnBehalf = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    kafka: Kafka = None,
    data: Data = None,
    archive: Archive = None,
) -> None:
    """Confirm another person's order, where two persons are required.

    [bold]Example[/bold]

      seamless case confirm portal-0199a1b2-0000-7000-8000-000000000001 \\
        --why "I have seen the file"
    """
    _order(case, why, by, lambda known: known.confirm(order), dry_run, as_json, data, archive, kafka=kafka)


def _order(
    case: str,
    why: str,
    by: str | None,
    plan: Callable[[Ordering], Planned],
    dry_run: bool,
    as_json: bool,
    data: Any,
    archive: str | None,
    **given: Any,
) -> None:
    case_given(case)  # what cannot be a case is reported before a server is asked

    async def work(settings: Settings, reader: ArchiveReader) -> int:
        from pydantic import ValidationError

        from seamless.cli.archived import chosen
        from seamless.operate.ordering import Ordering

        row = await chosen(settings, reader, case)
        entries = await reader.entries(row.case)
        try:
            planned = plan(Ordering(row, entries, settings.directory, person(by), why))
        except ValidationError as error:
            raise unfit(error) from None
        return await give(
            settings,
            planned.order,
            row.case,
            request=planned.request,
            foreseen=planned.foreseen,
            dry_run=dry_run,
            as_json=as_json,
        )

    with_archive(work, data, archive, **given)
