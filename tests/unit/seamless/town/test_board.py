"""What is shown of a town is what the ledger says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from seamless.town.board import Board
from tests.chains import START, chain


def asked(agency: str, hours: int) -> dict[str, Any]:
    due = START + timedelta(hours=hours)
    return {"kind": "requested", "step": f"ask-{agency}/1", "agency": agency, "due": due}


def test_cases_are_counted_by_outcome_and_what_is_overdue_by_who_has_it() -> None:
    board = Board()
    running = chain({"kind": "opened"}, asked("planning", 5), asked("housing", 50))
    ended = chain(
        {"kind": "opened"},
        asked("planning", 5),
        {"kind": "deemed", "step": "ask-planning/1", "outcome": "consent"},
        {"kind": "decided", "outcome": "granted"},
        {"kind": "closed", "outcome": "granted"},
    )
    for entry in [*running, *ended, *running]:  # copies of some come again
        board.enter(entry)
    figures = board.figures(START + timedelta(hours=6))
    assert (figures["opened"], figures["open"], figures["decided"], figures["closed"]) == (2, 1, 1, 1)
    assert figures["overdue"] == {"agency:planning": 1}
    assert (figures["outcomes"], figures["silence"]) == ({"granted": 1}, 1)
    assert board.figures(START + timedelta(hours=4))["overdue"] == {}
    assert [board.is_closed(each[0].case) for each in (running, ended)] == [False, True]
    assert not board.is_closed("portal-of-another-town")


def test_a_dead_letter_is_reported_until_it_is_settled() -> None:
    board = Board()
    said = {"dlq-id": "t/0/1", "dlq-topic": "t", "dlq-partition": "0", "dlq-offset": "1", "dlq-detail": "-"}
    said |= {"dlq-reason": "case-closed", "dlq-timestamp": START.isoformat(), "dlq-at": START.isoformat()}
    board.dead_letters.add(b"case", b"{}", [(name, value.encode()) for name, value in said.items()])
    assert board.figures(START)["dead_letters"] == {"case-closed": 1}
    settled = {"dlq-id": "t/0/1", "dlq-state": "discarded", "dlq-at": START.isoformat(), "dlq-by": "me"}
    board.dead_letters.add(b"case", None, [(name, value.encode()) for name, value in settled.items()])
    assert board.figures(START)["dead_letters"] == {}
