"""What operators order, counted by what became of it: ``seamless_orders_total``.

Each process counts what it has seen itself: the orchestrators what the cases made of an order about them, the
gateways orders about parties, orders that reach no case, and what becomes of dead letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from prometheus_client import Counter

from contracts.terms.levers import CaseLever, LetterLever, PartyLever
from contracts.wire.dead_letter import PROPOSED, SETTLED_BY
from contracts.wire.ledger import Kind, LedgerEntry
from contracts.wire.orders import LEVERS

Result = Literal["taken", "proposed", "refused"]
"""It took effect; another person has to confirm it; it was refused, and nothing was changed."""

ORDERED: tuple[CaseLever | PartyLever | LetterLever, ...] = (
    *get_args(CaseLever),
    *get_args(PartyLever),
    *get_args(LetterLever),
)
ORDERS = Counter(
    "seamless_orders_total", "What operators ordered, by lever and by what became of it.", ["lever", "result"]
)
for _lever in ORDERED:
    for _result in get_args(Result):
        ORDERS.labels(_lever, _result)  # a rate does not see the first increase of a series it begins

TAKEN_AS: Mapping[Kind, CaseLever] = MappingProxyType(
    {
        "broken-off": "cancel",
        "resent": "resend",
        "moved": "move",
        "extended": "extend",
        "released": "release",
    }
)
"""The entry that an order brings when it takes effect."""


def count_order(lever: str | None, result: Result) -> None:
    """An order had this result. What is no lever counts for nothing: the topic can hold what is none of
    ours."""
    if lever in ORDERED:
        ORDERS.labels(lever, result).inc()


def count_entry(entry: LedgerEntry) -> None:
    """An entry was published: what a case made of an order, where it says that."""
    if entry.actor.kind != "operator":
        return
    if entry.kind in ("proposed", "refused"):
        count_order(entry.outcome, entry.kind)
    elif entry.kind in TAKEN_AS:
        count_order(TAKEN_AS[entry.kind], "taken")


def count_refused(event_type: object) -> None:
    """An operator's event of this type was refused before it reached a case."""
    if isinstance(event_type, str):
        count_order(LEVERS.get(event_type), "refused")


def count_settlement(said: Mapping[str, str]) -> None:
    """A record of the dead-letter topic was read: what became of a dead letter, or what is proposed.

    Args:
        said: the platform's headers of the record.
    """
    count_order(SETTLED_BY.get(said.get("dlq-state", "")), "taken")
    count_order(SETTLED_BY.get(said.get(PROPOSED, "")), "proposed")
