"""Where a case state, read from the ledger of a recorded one."""

from __future__ import annotations

import pytest

from archive.reader import CaseRow
from archive.state import state_of
from seamless.cli.case_views import print_case
from tests.replay.replaying import HISTORIES, ledger_of, load
from workers.process.settings import Settings

FINE = ledger_of(load(HISTORIES / "0.1.0" / "traffic-fine.collected.json"))


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
    print_case(row, state, Settings())
    said = capsys.readouterr().out
    assert "申诉逾期。 The appeal was filed after its limit." in said


def test_a_fine_waits_for_whoever_may_report_until_the_day_of_the_penalty() -> None:
    before = FINE[: next(number for number, entry in enumerate(FINE) if entry.kind == "lapsed")]
    (waiting,) = state_of(before).waiting
    assert (waiting.holder, waiting.due is not None) == ("agency:police", True)
    assert waiting.due is not None
    assert waiting.due.isoformat() == "2026-03-20T23:00:00+00:00"  # midnight in Rome, sixty days after
