"""What the commands share that give orders: who gives them and why, and telling what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from contracts.terms.errors import InvalidInput
from seamless.cli.operator import signed_in

if TYPE_CHECKING:
    from pydantic import ValidationError

    from contracts.wire.envelope import Message
    from contracts.wire.orders import Order
    from network.parties.operator import Given
    from seamless.operate.ordering import Person
    from workers.process.settings import Settings

HEARD_SECONDS = 20.0
"""How long a command waits for the reply to an order: usually it takes a fraction of a second."""

Why = Annotated[str, typer.Option("--why", help="The reason, which is recorded.")]
OnBehalf = Annotated[
    str | None,
    typer.Option("--by", metavar="TEXT", help="On whose behalf; recorded beside the login name."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be ordered.")]


def person(on_behalf_of: str | None = None) -> Person:
    """Who runs this command."""
    from seamless.operate.ordering import Person

    return Person(*signed_in(), on_behalf_of)


def unfit(error: ValidationError) -> InvalidInput:
    """What is wrong with what was given for an order, by the options that gave it."""
    from contracts.terms.errors import faults_of

    named = {"on_behalf_of": "by"}
    faults = "; ".join(
        f"--{named.get(fault.field, fault.field)}: {fault.message}" for fault in faults_of(error)
    )
    return InvalidInput(faults)


async def give(
    settings: Settings,
    order: Order,
    about: str,
    *,
    request: str | None = None,
    foreseen: str = "",
    dry_run: bool,
    as_json: bool,
) -> int:
    """Give an order, wait for what becomes of it, and tell that; the exit code.

    Args:
        about: the case, or the party.
        foreseen: what it would do.

    Raises:
        InvalidInput: it would not be admitted.
        Unavailable: Kafka is away, or does not take it.
    """
    from contracts.terms.errors import Refusal
    from network.broker.publisher import Publisher
    from network.parties.operator import OperatorClient
    from seamless.cli.console import Console

    async with Publisher(settings.broker) as publisher:
        operators = OperatorClient(publisher, settings.directory.administration, rules=settings.rules)
        try:
            event = operators.event(cast("Message", order), about, request=request)
        except Refusal as refusal:
            raise InvalidInput(str(refusal)) from None
        if dry_run:
            if as_json:
                Console().json({"about": about, "would": order.lever, "foreseen": foreseen} | event.data)
            else:
                Console().whole(f"{about}: {foreseen or f'would be ordered: {order.lever}'}")
            return 0
        given = await operators.give(event, within_seconds=HEARD_SECONDS)
    if as_json:
        Console().json(_as_json(given, order, about, event.data))
    else:
        _tell(given, order, about)
    return 0 if given.fate in ("taken", "proposed") else 1


def _as_json(given: Given, order: Order, about: str, said: dict[str, Any]) -> dict[str, Any]:
    found = {"about": about, "lever": order.lever, "order": given.order, "fate": given.fate} | said
    if given.refusal is not None:
        found["refusal"] = {"reason": given.refusal.reason, "detail": given.refusal.detail}
    return found


def _tell(given: Given, order: Order, about: str) -> None:
    from seamless.cli.console import Console

    console = Console()
    match given.fate:
        case "taken":
            where = "operator.events" if cast("Message", order).about == "party" else "its ledger"
            console.whole(f"{about}: done: {order.lever}. It stands in {where}.")
        case "proposed":
            console.whole(f"{about}: proposed: {order.lever}. Another person has to confirm the order:")
            console.whole(given.order)
        case "refused":
            Console(errors=True).whole(f"{about}: refused: {given.refusal}")
        case "unheard":
            Console(errors=True).whole(
                f"{about}: ordered, and no reply within {HEARD_SECONDS:g} s. It takes effect once a "
                "gateway and an orchestrator run, and nothing that was due before is held. The order is "
                f"{given.order}"
            )
