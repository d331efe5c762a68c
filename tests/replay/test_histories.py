"""Cases that were recorded go on under the code of today: the same commands, the same ledger."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.workflow import NondeterminismError

from contracts.wire.ledger import LedgerEntry, faults
from tests.replay import assignments
from tests.replay.changed import WithAnotherLetter, WithAnotherVerb, WithMoreTimeToPay, WithoutCompleteness
from tests.replay.replaying import HISTORIES, ledger_of, load, recorded_histories, replayed_ledger
from workflows.procedures import PROCEDURES

GRANTED = "construction-permit.granted"


def name_of(path: Path) -> str:
    return str(path.relative_to(HISTORIES))


@pytest.mark.parametrize("path", recorded_histories(), ids=name_of)
async def test_a_recorded_case_replays_to_the_same_ledger(path: Path) -> None:
    history = load(path)
    assert summary(await replayed_ledger(history)) == summary(ledger_of(history))


async def test_what_assigns_the_cases_of_pilots_replays_to_the_same_answers() -> None:
    runs = assignments.recorded_runs()
    assert len(runs) > 1
    for run in runs:
        assert await assignments.replayed(run) == assignments.answers(run)


def test_every_procedure_has_a_recorded_case() -> None:
    started = {
        load(path).events[0].workflow_execution_started_event_attributes.workflow_type.name
        for path in recorded_histories()
    }
    assert started == {procedure.workflow_type for procedure in PROCEDURES}


def test_the_recorded_ledgers_are_whole_across_the_runs_of_a_case() -> None:
    ledgers = [ledger_of(load(path)) for path in recorded_histories()]
    for case, runs in groupby(ledgers, key=lambda entries: entries[0].case):
        entries = [entry for run in runs for entry in run]
        assert faults(entries) == [], case
        assert any(entry.kind == "closed" for entry in entries), case


async def test_another_command_is_noticed() -> None:
    with pytest.raises(NondeterminismError):
        await replayed_ledger(granted(), [WithoutCompleteness])


@pytest.mark.parametrize("changed", [WithMoreTimeToPay, WithAnotherVerb, WithAnotherLetter])
async def test_another_entry_or_letter_under_the_same_commands_fails_the_task(changed: type) -> None:
    """The SDK compares no inputs of activities, so it has nothing against it; the case has."""
    history = granted()
    case = ledger_of(history)[0].case
    with pytest.raises(RuntimeError, match=f"{case}, entries .* Run the build again that it ran under"):
        await replayed_ledger(history, [changed])


def granted() -> WorkflowHistory:
    return load(next(path for path in recorded_histories() if path.name.startswith(GRANTED)))


def summary(entries: list[LedgerEntry]) -> list[str]:
    """One line an entry, so that a difference can be read; the hash stands for all that an entry says."""
    return [f"{entry.sequence} {entry.kind} {entry.step or '-'} {entry.hash}" for entry in entries]
