"""Where a case state, read from the ledger of a recorded one."""

from __future__ import annotations

import pytest

from archive.reader import CaseRow
from archive.state import state_of
from contracts.procedures.construction_permit import ReviewFireSafety
from contracts.wire.ledger import LedgerEntry
from seamless.cli.case_views import print_case
from seamless.cli.names import Names
from tests.replay.replaying import HISTORIES, ledger_of, load
from workers.process.settings import Settings

FINE = ledger_of(load(HISTORIES / "0.2.0" / "traffic-fine.collected.json"))
PERMIT = ledger_of(load(HISTORIES / "0.2.0" / "construction-permit.granted.json"))


def test_what_a_case_is_marked_with_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    state = state_of(FINE)
    assert state.marks == ("appeal-after-60-days",)
    first, last = FINE[0], FINE[-1]
    row = CaseRow(
        case=first.case,
        procedure=first.procedure,
        law=first.law,
        channel=first.case.channel,
        opened=first.received,
        updated=last.recorded,
        status="closed",
        outcome=last.outcome,
        holders=last.holders,
        entries=last.sequence,
        head=last.hash,
    )
    for language, told in (("zh", "申诉逾期。"), ("en", "The appeal was filed after its limit.")):
        print_case(row, state, [], Settings(), Names(Settings().directory, language))
        assert told in capsys.readouterr().out


def test_a_fine_waits_for_whoever_may_report_until_the_day_of_the_penalty() -> None:
    lapsed = next(number for number, entry in enumerate(FINE) if entry.kind == "lapsed")
    (waiting,) = state_of(erased(FINE[:lapsed])).waiting  # paid in part before; the data tells nothing of it
    assert (waiting.holder, waiting.due is not None) == ("agency:police", True)
    assert waiting.due is not None
    assert waiting.due.isoformat() == "2026-03-20T23:00:00+00:00"  # midnight in Rome, sixty days after


@pytest.mark.parametrize("ledger", [PERMIT, FINE], ids=["permit", "fine"])
def test_what_is_open_is_told_as_well_once_the_data_is_erased(ledger: list[LedgerEntry]) -> None:
    for length in range(1, len(ledger) + 1):
        whole, rest = state_of(ledger[:length]), state_of(erased(ledger[:length]))
        assert (rest.waiting, rest.holders, rest.marks) == (whole.waiting, whole.holders, whole.marks)


def test_an_open_request_names_who_was_asked_until_when_and_on_which_basis() -> None:
    asked = next(
        number
        for number, entry in enumerate(PERMIT)
        if entry.step == "construction-permit.review-fire-safety/1"
    )
    (review,) = (
        step
        for step in state_of(erased(PERMIT[: asked + 1])).waiting
        if step.step == "construction-permit.review-fire-safety/1"
    )
    assert (review.holder, review.basis) == ("agency:fire-safety", ReviewFireSafety.stated.basis)
    assert review.due is not None


def erased(ledger: list[LedgerEntry]) -> list[LedgerEntry]:
    return [entry.model_copy(update={"data": None}) for entry in ledger]
