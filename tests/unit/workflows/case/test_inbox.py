"""The inbox: no event is lost, and chance does not decide which came first."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.platform import Delivered
from contracts.terms.identifiers import Party
from contracts.wire.messages import Reported
from tests.applications import new_case
from tests.unit.workflows.case.running import START, VirtualRuntime, delivered
from workflows.case import inbox as inbox_module
from workflows.case.inbox import Inbox, in_order

CASE = new_case()


read = VirtualRuntime().read


def came(agency: str, seconds: int = 0) -> Delivered:
    at = START + timedelta(seconds=seconds)
    return delivered(Reported(step="visit"), CASE, Party.agency(agency), received=at)


def test_events_are_taken_by_the_brokers_time_then_by_sender() -> None:
    sent = [came("b", 2), came("b", 3), came("a", 2), came("c", 0)]
    assert in_order(sent) == [sent[3], sent[2], sent[0], sent[1]]


@given(stamps=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=20))
def test_a_broker_whose_clock_steps_back_swaps_nothing_that_one_sender_said(
    stamps: list[tuple[str, int]],
) -> None:
    sent = [came(agency, seconds) for agency, seconds in stamps]
    taken = in_order(sent)
    for agency in "abc":
        of_one = Party.agency(agency)
        assert [each for each in taken if each.actor == of_one] == [
            each for each in sent if each.actor == of_one
        ]
    if all(one.received <= other.received for one, other in pairwise(sent)):
        assert taken == sorted(sent, key=lambda each: (each.received, each.actor))


@pytest.mark.parametrize(("bound", "most"), [("BITE_EVENTS", 3), ("BITE_BYTES", 1500)])
def test_what_is_taken_at_a_time_is_bounded_and_what_is_left_stays_in_order(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(inbox_module, bound, most)
    inbox = Inbox(read)
    sent = [came("a", second) for second in (5, 1, 4, 2, 3, 6, 7)]
    for each in sent:
        inbox.put(each)
    assert inbox.bytes > 7 * 500
    bites = [inbox.take() for _ in range(3)]
    assert [len(bite) for bite in bites] == [3, 3, 1]
    assert [each for bite in bites for each in bite] == sent


def test_what_came_by_signal_is_read_when_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "BITE_EVENTS", 2)
    sent = [came("a", second) for second in range(5)]
    were_read: list[RawValue] = []

    def reading(raw: RawValue) -> Delivered:
        were_read.append(raw)
        return read(raw)

    inbox = Inbox(reading)
    for each in sent:
        (payload,) = pydantic_data_converter.payload_converter.to_payloads([each])
        inbox.put(RawValue(payload))
    assert (len(inbox), inbox.bytes > 5 * 100, were_read) == (5, True, [])
    assert inbox.take() == sent[:2]
    assert len(were_read) == 2
    assert inbox.waiting() == sent[2:]


def test_an_event_is_taken_once() -> None:
    inbox = Inbox(read)
    inbox.put(came("a"))
    assert (len(inbox), len(inbox.take()), len(inbox), inbox.take()) == (1, 1, 0, [])


def test_what_one_run_leaves_comes_first_in_the_next() -> None:
    """Of one sender and one instant; else the broker's time decides."""
    last, inbox = Inbox(read), Inbox(read)
    left, came_since = came("a"), came("a")
    last.put(left)
    inbox.put(came_since)  # before the case was carried on
    inbox.restore(last.waiting())
    assert inbox.take() == [left, came_since]


def test_looking_at_what_waits_takes_nothing() -> None:
    inbox = Inbox(read)
    inbox.put(came("a"))
    inbox.waiting().clear()
    assert len(inbox) == 1
