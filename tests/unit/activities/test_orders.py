"""What operators order is counted by lever and by what became of it, from entries without their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from activities.happenings import Happenings
from activities.orders import (
    ORDERED,
    TAKEN_AS,
    Result,
    count_entry,
    count_order,
    count_refused,
    count_settlement,
)
from contracts.terms.identifiers import OPERATOR
from contracts.terms.levers import CaseLever, Lever
from contracts.wire.messages import Answered
from contracts.wire.orders import LEVERS, MoveOrdered
from tests.chains import chain

BY_OPERATOR: dict[str, Any] = {"actor": OPERATOR, "cause": "urn:cn-demo:operator#1"}


def figures() -> Mapping[tuple[str, str], float]:
    """What is counted now."""
    return {
        (each.labels["lever"], each.labels["result"]): each.value
        for family in REGISTRY.collect()
        if family.name == "seamless_orders"
        for each in family.samples
        if each.name == "seamless_orders_total"
    }


def added(before: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    return {key: value - before[key] for key, value in figures().items() if value != before[key]}


def test_every_series_is_there_from_the_start() -> None:
    assert set(figures()) == {(lever, result) for lever in ORDERED for result in get_args(Result)}
    assert set(LEVERS.values()) == {each for part in get_args(Lever) for each in get_args(part) or (part,)}
    assert set(TAKEN_AS.values()) == set(get_args(CaseLever))


@pytest.mark.parametrize(
    ("step", "counted"),
    [
        *(({"kind": kind}, {(lever, "taken"): 1}) for kind, lever in TAKEN_AS.items()),
        ({"kind": "proposed", "outcome": "cancel"}, {("cancel", "proposed"): 1}),
        ({"kind": "refused", "outcome": "move", "reason": "not-possible"}, {("move", "refused"): 1}),
        pytest.param({"kind": "refused", "reason": "invalid"}, {}, id="of an older build"),
        pytest.param({"kind": "extended", "actor": "agency:housing"}, {}, id="the course's own"),
        pytest.param({"kind": "refused", "actor": "agency:bank", "outcome": "move"}, {}, id="an agency's"),
        ({"kind": "requested"}, {}),
    ],
)
def test_what_a_case_made_of_an_order_is_counted_although_its_data_is_erased(
    step: dict[str, Any], counted: dict[tuple[str, str], float]
) -> None:
    before = figures()
    count_entry(chain(BY_OPERATOR | step)[0].model_copy(update={"data": None}))
    assert added(before) == counted


def test_an_entry_that_is_published_again_is_counted_once() -> None:
    before, happenings = figures(), Happenings()
    [entry] = chain(BY_OPERATOR | {"kind": "moved"})
    for _ in range(3):
        happenings.tell(entry)
    assert added(before) == {("move", "taken"): 1}


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ({"dlq-id": "a/0/1", "dlq-state": "replayed"}, {("replay", "taken"): 1}),
        ({"dlq-id": "a/0/1", "dlq-state": "discarded"}, {("discard", "taken"): 1}),
        ({"dlq-id": "a/0/1", "dlq-proposed": "discarded"}, {("discard", "proposed"): 1}),
        ({"dlq-id": "a/0/1", "dlq-reason": "invalid"}, {}),
        ({}, {}),
    ],
)
def test_what_becomes_of_dead_letters_is_counted(
    said: dict[str, str], counted: dict[tuple[str, str], float]
) -> None:
    before = figures()
    count_settlement(said)
    assert added(before) == counted


def test_an_order_that_reaches_no_case_is_counted_by_its_type() -> None:
    before = figures()
    for event_type in (MoveOrdered.type, Answered.type, None, 7, ["x"]):
        count_refused(event_type)
    assert added(before) == {("move", "refused"): 1}


@settings(deadline=None)
@given(st.text(), st.sampled_from(get_args(Result)))
def test_whatever_stands_on_the_topic_no_series_is_added(lever: str, result: Result) -> None:
    before = set(figures())
    count_order(lever, result)
    count_settlement({"dlq-state": lever, "dlq-proposed": lever})
    assert set(figures()) == before
