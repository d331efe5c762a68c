"""What operators ask for becomes an order that is admitted; or they are told what there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reader import CaseRow
from contracts.admission import Arrival, Rules, admit
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import OPERATOR, CaseId
from contracts.terms.limits import Limit
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.orders import ordered
from contracts.wire.topics import inlet_of
from seamless.operate.ordering import Ordering, Person, Planned, limit_of
from tests.applications import ADMINISTRATION
from tests.chains import chain

CASE = CaseId("portal-01a21959-853b-70f0-a92a-6e8aa6b99cd2")  # ids of tests are the same in every process
PLANNING = "construction-permit.review-planning/1"
DRAINAGE = "construction-permit.review-drainage/1"
HELD = "construction-permit.review-environment/1"


def asked(step: str, agency: str) -> dict[str, Any]:
    return {
        "kind": "requested",
        "step": step,
        "request": f"{CASE}/{step}",
        "agency": agency,
        "holders": (f"agency:{agency}",),
    }


def proposed(number: int, lever: str, **content: Any) -> dict[str, Any]:
    return {
        "kind": "proposed",
        "actor": OPERATOR,
        "outcome": lever,
        "cause": f"{OPERATOR.source(ADMINISTRATION)}#order-{number}",
        "content": {"why": "theirs", "desk": "theirs"} | content,
    }


STEPS = (
    {"kind": "opened"},
    asked(PLANNING, "planning"),
    asked(DRAINAGE, "drainage"),
    {"kind": "held", "step": HELD},
)


def ledger(*more: dict[str, Any]) -> list[LedgerEntry]:
    return chain(*STEPS, *more, case=CASE)


def ordering(entries: Sequence[LedgerEntry], **changes: Any) -> Ordering:
    row = {
        "case": CASE,
        "procedure": "construction-permit",
        "law": "2018-33",
        "channel": "portal",
        "opened": entries[0].recorded,
        "updated": entries[-1].recorded,
        "status": "open",
        "outcome": None,
        "holders": (),
        "entries": len(entries),
        "head": entries[-1].hash,
    } | changes
    return Ordering(CaseRow.model_validate(row), entries, load_directory(), Person("ling", "ops-1"), "a test")


def event_of(planned: Planned) -> Event:
    assert isinstance(planned.order, Message)
    return Event.of(
        planned.order,
        id="1",
        source=OPERATOR.source(ADMINISTRATION),
        case=CASE,
        time=datetime.now(UTC),
        request=planned.request,
    )


@pytest.mark.parametrize(
    ("ask", "lever", "request_id"),
    [
        (lambda known: known.resend("review-planning"), "resend", f"{CASE}/{PLANNING}"),
        (lambda known: known.resend(f"{CASE}/{PLANNING}"), "resend", f"{CASE}/{PLANNING}"),
        (lambda known: known.move(PLANNING, "housing"), "move", f"{CASE}/{PLANNING}"),
        (lambda known: known.extend("2026-1"), "extend", None),
        (lambda known: known.extend("2026-1", "10 working days"), "extend", None),
        (lambda known: known.release("review-environment/1"), "release", None),
    ],
)
def test_what_is_ordered_is_admitted(
    ask: Callable[[Ordering], Planned], lever: str, request_id: str | None
) -> None:
    planned = ask(ordering(ledger()))
    assert (planned.order.lever, planned.request) == (lever, request_id)
    assert (planned.order.officer, planned.order.desk, planned.order.why) == ("ling", "ops-1", "a test")
    assert "would" in planned.foreseen
    value, headers = event_of(planned).encode()
    inlet = inlet_of(ADMINISTRATION, OPERATOR)
    admit(Arrival(inlet, CASE.encode(), value, headers, datetime.now(UTC)), Rules())


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda known: known.resend("review-moon"), "open are: construction-permit.review-planning/1"),
        (lambda known: known.resend(""), "open are:"),
        (lambda known: known.resend("review-drainage"), "has an automated check"),
        (lambda known: known.move("review-planning", "moon"), "there is no agency 'moon'"),
        (
            lambda known: known.move("review-planning", "parks"),
            "cannot be moved to parks, only to: planning, h",
        ),
        (lambda known: known.extend("1", "16 working-days"), "allows 15 working days at most"),
        (lambda known: known.extend("1", "2 weeks"), "allows 15 working days at most"),
        (lambda known: known.extend("1", "soon"), "is not a limit"),
        (lambda known: known.extend("1", basis="art. 99"), "has these extensions: 行政许可法 art. 42(2)"),
        (lambda known: known.release("statutory"), f"what was held there: {HELD}"),
        (lambda known: known.confirm(), "waiting in"),
    ],
)
def test_what_cannot_be_ordered_is_reported_with_what_there_is(
    ask: Callable[[Ordering], Planned], told: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(ordering(ledger()))
    assert told in str(caught.value)


def test_a_closed_case_takes_no_order() -> None:
    with pytest.raises(InvalidInput, match="is closed"):
        ordering(ledger(), status="closed")


def test_a_second_person_is_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    item = CATALOGUE["construction-permit"].model_copy(update={"two_persons": ("resend",)})
    monkeypatch.setattr("seamless.operate.ordering.CATALOGUE", {"construction-permit": item})
    assert "second person" in ordering(ledger()).resend("review-planning").foreseen


def test_a_confirmation_says_what_was_ordered_and_who_confirms_it() -> None:
    move = proposed(1, "move", agency="housing") | {"step": PLANNING, "request": f"{CASE}/{PLANNING}"}
    planned = ordering(ledger(move)).confirm()
    order = planned.order
    assert (order.lever, order.confirms, order.why, order.desk) == ("move", "order-1", "a test", "ops-1")
    first = event_of(ordering(ledger()).move(PLANNING, "housing"))
    assert ordered(event_of(planned)) == ordered(first)


def test_of_several_the_one_that_is_confirmed_is_named() -> None:
    entries = ledger(proposed(1, "cancel"), proposed(2, "release", step="statutory"))
    with pytest.raises(InvalidInput, match="order-1, order-2"):
        ordering(entries).confirm()
    assert ordering(entries).confirm("order-2").order.lever == "release"


@given(
    count=st.integers(1, 3660),
    unit=st.sampled_from(["working-day", "working day", "day", "week", "month", "hour"]),
    plural=st.booleans(),
)
def test_a_limit_is_read_as_people_write_it(count: int, unit: str, *, plural: bool) -> None:
    found = limit_of(f" {count} {unit.title()}{'s' if plural else ''} ")
    assert found == Limit.model_validate({"count": count, "unit": f"{unit.replace(' ', '-')}s"})


@given(st.text(max_size=20))
def test_any_other_text_is_not_a_limit(text: str) -> None:
    try:
        limit = limit_of(text)
    except InvalidInput:
        return
    assert str(limit.count) in text
