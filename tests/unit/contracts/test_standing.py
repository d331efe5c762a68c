"""The orders about parties that stand: the same for whoever has read them, and two persons where wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.admission import PartyOrder
from contracts.standing import Pause, Standing
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR, Party
from contracts.wire.envelope import Message
from contracts.wire.orders import (
    Order,
    PauseOrdered,
    QuarantineOrdered,
    ReadmitOrdered,
    ResumeOrdered,
    order_of,
)
from tests.applications import event

START = datetime(2026, 3, 2, tzinfo=UTC)
PLANNING, PORTAL = Party.agency("planning"), Party.channel("portal")
KINDS: list[type[Any]] = [PauseOrdered, ResumeOrdered, QuarantineOrdered, ReadmitOrdered]


def an_order(
    kind: type[Any],
    party: Party = PLANNING,
    *,
    officer: str = "ling",
    at: float = 0,
    event_id: str | None = None,
    **more: Any,
) -> PartyOrder:
    """An order, as the gateway admits it."""
    made: Order = kind(officer=officer, why="a test", **more)
    assert isinstance(made, Message)
    said = event(OPERATOR, made.type, party, made.model_dump(mode="json"), event_id=event_id)
    return PartyOrder(said, party, START + timedelta(seconds=at), order_of(said))


def test_a_party_is_in_quarantine_until_it_is_readmitted() -> None:
    standing = Standing()
    assert standing.take(an_order(QuarantineOrdered, PORTAL)) == "taken"
    assert standing.is_quarantined(PORTAL)
    assert not standing.is_quarantined(PLANNING)
    assert standing.take(an_order(ReadmitOrdered, PORTAL)) == "taken"
    assert not standing.is_quarantined(PORTAL)


def test_a_pause_begins_once_and_ends_once() -> None:
    standing = Standing()
    for kind, at in [(PauseOrdered, 1), (PauseOrdered, 2), (ResumeOrdered, 3), (ResumeOrdered, 4)]:
        standing.take(an_order(kind, at=at))
    standing.take(an_order(PauseOrdered, at=5))
    moments = [START + timedelta(seconds=at) for at in (1, 3, 5)]
    assert standing.every_pause() == {PLANNING: [Pause(moments[0], moments[1]), Pause(moments[2])]}
    assert list(standing.paused) == [PLANNING]


def test_what_was_read_again_changes_nothing() -> None:
    standing = Standing()
    first = an_order(PauseOrdered, event_id="1")
    assert standing.take(first) == "taken"
    standing.take(an_order(ResumeOrdered, event_id="2"))
    assert standing.take(first) == "taken"
    assert standing.paused == {}
    other = standing.take(an_order(PauseOrdered, event_id="1", officer="wang"))
    assert isinstance(other, Refusal)
    assert other.reason == "id-reused"


def test_two_persons_where_the_directory_wants_them() -> None:
    standing = Standing({"pause"})
    proposal = an_order(PauseOrdered)
    confirms = {"confirms": proposal.event.id}
    assert standing.take(proposal) == "proposed"
    assert standing.proposed == [proposal]
    assert standing.paused == {}
    for reason, order in {
        "same-person": an_order(PauseOrdered, **confirms),
        "unknown-order": an_order(PauseOrdered, Party.agency("housing"), officer="wang", **confirms),
    }.items():
        refusal = standing.take(order)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == reason
    assert standing.take(an_order(PauseOrdered, officer="wang", **confirms)) == "taken"
    assert list(standing.paused) == [PLANNING]
    assert standing.proposed == []
    again = standing.take(an_order(PauseOrdered, officer="wang", **confirms))
    assert isinstance(again, Refusal)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([PLANNING, Party.agency("housing")]))))
def test_what_stands_is_what_was_ordered_last(given_orders: list[tuple[type[Any], Party]]) -> None:
    standing = Standing()
    last: dict[tuple[Party, str], str] = {}
    for at, (kind, party) in enumerate(given_orders):
        assert standing.take(an_order(kind, party, at=at)) == "taken"
        what = "pause" if kind.lever in ("pause", "resume") else "quarantine"
        last[party, what] = kind.lever
    assert set(standing.paused) == {party for (party, _), lever in last.items() if lever == "pause"}
    assert set(standing.quarantined) == {party for (party, _), lever in last.items() if lever == "quarantine"}
    for party, pauses in standing.every_pause().items():
        assert [pause.ended is None for pause in pauses[:-1]] == [False] * (len(pauses) - 1)
        assert (pauses[-1].ended is None) == (party in standing.paused)


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_about_a_party_names_its_lever(kind: type[Any]) -> None:
    assert f"operator.{kind.lever}-ordered" in kind.type
