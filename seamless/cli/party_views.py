"""What stands about parties, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from contracts.admission import PartyOrder
from contracts.standing import Standing
from seamless.cli.console import Console, line, listing
from seamless.cli.timeline import moment


def as_rows(standing: Standing) -> dict[str, list[dict[str, Any]]]:
    """For programs."""
    return {name: [_row(each) for each in orders] for name, orders in _orders(standing)}


def print_standing(standing: Standing, zone: ZoneInfo) -> None:
    """Print who is paused and who is in quarantine, and what waits to be confirmed."""
    console = Console()
    rows = [
        (
            line(each.party),
            line(f"{name}: {each.order.lever}" if name == "proposed" else name),
            line(moment(each.received, zone)),
            line(_who(each)),
            line(each.order.why),
            line(each.event.id),
        )
        for name, orders in _orders(standing)
        for each in orders
    ]
    if rows:
        listing(console, ("party", "state", f"since ({zone.key})", "by", "why", "order"), rows)
    else:
        console.print("Nobody is paused or in quarantine, and no order waits to be confirmed.")


def _orders(standing: Standing) -> Iterator[tuple[str, list[PartyOrder]]]:
    yield "paused", list(standing.paused.values())
    yield "quarantined", list(standing.quarantined.values())
    yield "proposed", standing.proposed


def _row(given: PartyOrder) -> dict[str, Any]:
    said = {"party": given.party, "lever": given.order.lever, "order": given.event.id}
    return said | {"received": given.received.isoformat()} | given.event.data


def _who(given: PartyOrder) -> str:
    order = given.order
    return f"{order.officer}, for {order.on_behalf_of}" if order.on_behalf_of else order.officer
