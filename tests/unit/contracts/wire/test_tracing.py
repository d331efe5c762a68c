"""Trace context: what is none is ignored, and the place of what a case does follows from what it has said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import INVALID_SPAN, TraceState, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.wire.tracing import (
    TRACEPARENT,
    Trace,
    check_ids,
    entry_ids,
    step_ids,
    trace_id,
    traceparent_of,
)
from tests.hostile import HOSTILE

ONE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SAME = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
CASE = "portal-01990000-0000-7000-8000-000000000001"
MEMBERS = 'abz019_-*/@=, \t;"<>~é\n'


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("vendor=1", "vendor=1"),
        ("a=1,tenant@system=a:b c", "a=1,tenant@system=a:b c"),
        (" a=1 ,\tb=2, ,", "a=1,b=2"),
        (",".join(f"v{number}=1" for number in range(32)), ",".join(f"v{number}=1" for number in range(32))),
        (",".join(f"v{number}=1" for number in range(33)), None),
        ("a=1,a=2", None),
        ("a=1,b", None),
        ("A=1", None),
        ("a=", None),
        ("a=1=2", None),
        ("a=\x1b[41m", None),
        ("a=张", None),
        ("a=" + 511 * "x", None),
        ("", None),
        (",", None),
        (7, None),
        ({"a": 1}, None),
    ],
)
def test_what_is_no_trace_state_is_ignored(said: Any, kept: str | None) -> None:
    assert Trace(parent=ONE, state=said).state == kept


@given(st.text(MEMBERS, max_size=60) | HOSTILE)
def test_what_is_kept_of_a_trace_state_others_read_the_same(said: Any) -> None:
    """OpenTelemetry's reader is the judge."""
    kept = Trace(parent=ONE, state=said).state
    if kept is not None:
        assert dict(TraceState.from_header([kept])) == dict(member.split("=") for member in kept.split(","))
        assert Trace(parent=ONE, state=kept).state == kept


@given(
    st.text("0123456789abcdefg-F\n ", min_size=50, max_size=60) | st.from_regex(TRACEPARENT, fullmatch=True)
)
def test_what_is_kept_of_a_trace_context_others_read_the_same(said: str) -> None:
    kept = Trace(parent=said).parent
    if kept is not None:
        read = get_current_span(TraceContextTextMapPropagator().extract({"traceparent": kept}))
        assert read is not INVALID_SPAN
        assert f"{read.get_span_context().trace_id:032x}" == trace_id(kept)


def test_a_state_without_a_context_says_nothing() -> None:
    assert Trace.of(None, "vendor=1") is None
    assert Trace.stated_in({"tracestate": "vendor=1"}) is None


@pytest.mark.parametrize(
    ("trace", "begins"),
    [
        (Trace(parent=ONE), False),
        (Trace(parent=ONE, link=OTHER), False),
        (Trace(parent=ONE, link=SAME), True),
        (Trace(link=OTHER), True),
        (Trace(), True),
    ],
)
def test_a_trace_goes_on_with_an_event_and_begins_where_there_is_none_or_it_comes_back(
    trace: Trace, begins: bool
) -> None:
    assert trace.begins is begins
    ids = step_ids(trace, CASE, AT)
    assert (ids.trace == trace_id(ONE)) is (not begins)


def test_all_that_a_case_records_at_one_instant_upon_one_event_is_one_step() -> None:
    trace, elsewhere = Trace(link=ONE), timezone(timedelta(hours=8))
    step = step_ids(trace, CASE, AT)
    assert step_ids(trace, CASE, AT.astimezone(elsewhere)) == step
    others = {
        step_ids(trace, CASE, AT + timedelta(microseconds=1)),
        step_ids(trace, CASE + "1", AT),
        step_ids(Trace(link=OTHER), CASE, AT),
        step_ids(None, CASE, AT),
    }
    assert len({each.trace for each in (step, *others)}) == 5
    entries = [entry_ids(trace, CASE, AT, f"{CASE}/{number}") for number in range(3)]
    assert {each.trace for each in entries} == {step.trace}
    assert len({each.span for each in (*entries, step)}) == 4


@given(st.text(max_size=50))
def test_every_span_has_a_context_that_can_be_stated(name: str) -> None:
    for ids in (check_ids(name), entry_ids(None, name, AT, name), step_ids(None, name, AT)):
        assert Trace(parent=traceparent_of(ids)).parent == traceparent_of(ids)
