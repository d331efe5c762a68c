"""The clock of every recorded case, from its ledger alone, is the one that the case had."""

from __future__ import annotations

from itertools import pairwise

import pytest

from contracts.clock import clock_of, intervals, marks_of
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry
from tests.replay.replaying import ledger_of, load, recorded_histories


def recorded_cases() -> dict[str, list[LedgerEntry]]:
    """The ledgers of the recorded cases without their data, by name; the runs of one case in one."""
    found: dict[CaseId, list[LedgerEntry]] = {}
    names: dict[CaseId, str] = {}
    for path in recorded_histories():
        for entry in ledger_of(load(path)):
            found.setdefault(entry.case, []).append(entry.model_copy(update={"data": None}))
            names.setdefault(entry.case, path.stem)
    return {names[case]: entries for case, entries in found.items()}


CASES = recorded_cases()


@pytest.mark.parametrize("name", CASES)
def test_the_ledger_gives_the_ends_that_the_case_recorded(name: str) -> None:
    marks = marks_of(CASES[name])
    for number, mark in enumerate(marks, start=1):
        clock = clock_of(marks[:number])
        assert (clock.due.at if clock.due else None) == mark.due
        assert (clock.promised_due.at if clock.promised_due else None) == mark.promised_due


def test_some_of_them_have_every_kind_of_mark() -> None:
    kinds = {mark.does for entries in CASES.values() for mark in marks_of(entries)}
    assert {"start", "suspend", "resume", "extend", "stop"} <= kinds


@pytest.mark.parametrize("name", CASES)
def test_who_had_the_case_follows_without_a_gap(name: str) -> None:
    entries = CASES[name]
    held = intervals(entries, entries[-1].recorded)
    assert held[0].began == entries[0].received
    assert all(one.ended == other.began for one, other in pairwise(held))
