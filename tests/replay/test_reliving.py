"""A case that is lived again from its ledger, to any moment of it, goes on as it did."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio.client import WorkflowHistory

from contracts.platform import DELIVER, PUBLISH, Batch, Delivered, FencePassed, Published
from contracts.procedures.environmental_permit import ENVIRONMENTAL_PERMIT
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered
from seamless.explore.commands import (
    ActivityScheduled,
    Command,
    Payloads,
    TimerCancelled,
    TimerStarted,
    payloads_of,
    value_of,
)
from seamless.explore.driver import Run, fired, resolved, signal
from seamless.operate.reliving import Relived, Unlike, relive
from seamless.operate.remembering import Message, remembered
from tests.applications import dormer
from tests.replay.replaying import HISTORIES, SMALL_RUNS, ledger_of, load, recorded_histories, small_runs
from tests.unit.workflows.case.running import delivered, opened
from workflows.construction_permit import ConstructionPermit
from workflows.environmental_permit import EnvironmentalPermit
from workflows.procedures import PROCEDURES

CLASSES = {each.workflow_type: each for each in PROCEDURES}


class Lived(NamedTuple):
    """A run as its history has it."""

    procedure: type[Any]
    opened: Payloads
    began: datetime
    entries: list[LedgerEntry]
    messages: tuple[Message, ...]
    events: dict[str, Delivered]

    def relived(self, start: Payloads, first: int, last: int) -> Relived:
        """From entry number ``first`` of the run to before number ``last``."""
        began = self.entries[first - 1].recorded if first else self.began
        return relive(self.procedure, start, began, self.entries[first:last], (), self.events.values())


def lived(history: WorkflowHistory) -> Lived:
    started = history.events[0].workflow_execution_started_event_attributes
    run = remembered(history)
    events: list[Delivered] = [each.value for each in run.messages if each.name == DELIVER]
    return Lived(
        CLASSES[started.workflow_type.name],
        run.opened,
        run.began,
        [each for each in ledger_of(history) if each.kind != "closed"],
        run.messages,
        {each.event.key: each for each in events},
    )


def cuts(entries: list[LedgerEntry]) -> list[int]:
    """After each moment; and in the middle of the one that wrote most, as if its last records were lost."""
    ends = [n for n in range(1, len(entries)) if entries[n].recorded != entries[n - 1].recorded]
    begin, end = max(pairwise([0, *ends, len(entries)]), key=lambda moment: moment[1] - moment[0])
    return [*ends, (begin + end) // 2]


@pytest.mark.parametrize("path", recorded_histories(), ids=lambda path: str(path.relative_to(HISTORIES)))
def test_to_any_moment_and_on_to_the_last(path: Path) -> None:
    with small_runs() if SMALL_RUNS in path.name else nullcontext():
        run = lived(load(path))
        # What was recorded with the closing belongs to the moment in which the case ended.
        entries = [each for each in run.entries if each.recorded != ledger_of(load(path))[-1].recorded]
        run = run._replace(entries=entries)
        for cut in cuts(entries):
            relived = run.relived(run.opened, 0, cut)
            if relived.opened is None:  # nothing but the closing was left
                assert {each.recorded for each in entries[cut:]} == {entries[cut - 1].recorded}
                continue
            carried = relived.opened["carried"]
            reached = carried["sequence"] - entries[0].sequence + 1
            assert (
                entries[reached - 1].recorded == entries[cut - 1].recorded
            )  # the moment is lived to its end
            assert carried["head"] == entries[reached - 1].hash
            assert relived.last[-1].postings[-1].entry == entries[reached - 1]
            if reached < len(entries):
                run.relived(payloads_of(relived.opened), reached, len(entries))


def test_what_is_not_in_the_ledger_yet_waits_in_the_inbox() -> None:
    run = lived(load(next(path for path in recorded_histories() if "granted" in path.name)))
    relived = relive(run.procedure, run.opened, run.began, run.entries[:2], run.messages, ())
    assert relived.opened is not None
    assert {each["event"]["id"] for each in relived.opened["carried"]["inbox"]} == {
        each.event.id for each in run.events.values()
    }


def test_another_ledger_is_not_lived() -> None:
    run = lived(load(next(path for path in recorded_histories() if "granted" in path.name)))
    later = run.entries[3].recorded + timedelta(seconds=1)
    changed = run.entries[3].model_copy(update={"recorded": later}).sealed()
    with pytest.raises(Unlike, match="entry 4"):
        run._replace(entries=[*run.entries[:3], changed]).relived(run.opened, 0, 4)


def test_a_rung_that_was_due_and_that_an_answer_came_before_was_not_taken() -> None:
    """The orchestrator was away when the reminder became due; the broker received the answer before that."""
    asked = opened(calendar="compressed:10")
    began = asked.received
    case, housing = asked.case, Party.agency("housing")
    run = Run(ConstructionPermit, payloads_of(asked), case=case, run_id="a-run", seed=0)
    entries: list[LedgerEntry] = []
    timers: list[int] = []

    def does(commands: Sequence[Command], at: datetime) -> None:
        for command in commands:
            if isinstance(command, TimerStarted):
                timers.append(command.number)
            if isinstance(command, ActivityScheduled) and command.activity == PUBLISH:
                batch = value_of(command.input, Batch)
                entries.extend(posting.entry for posting in batch.postings)
                published = resolved(command.number, Published.of(batch, run.run_id))
                does(run.activate(at, published), at)

    does(run.start(began), began)
    late = began + timedelta(seconds=45)  # the reminder of completeness was due after 40 of its 50
    complete = delivered(
        Answered(answer={"outcome": "complete"}),
        case,
        housing,
        step="construction-permit.check-completeness/1",
        received=began + timedelta(seconds=39),
    )
    does(run.activate(late, fired(timers[0]), signal(DELIVER, complete)), late)
    run.evict()
    assert [entry.kind for entry in entries][:3] == ["opened", "requested", "answered"]
    relived = relive(ConstructionPermit, payloads_of(asked), began, entries, (), [complete])
    assert relived.opened is not None
    assert relived.opened["carried"]["head"] == entries[-1].hash


def test_a_case_that_the_law_has_decided_is_lived_again() -> None:
    """Its fence was passed some time after the limit had ended."""
    law = ENVIRONMENTAL_PERMIT.laws[0]
    assert isinstance(law.late, TacitGrant)
    asked = opened(
        procedure=ENVIRONMENTAL_PERMIT.procedure, law=law.id, application=dormer(), calendar="compressed:10"
    )
    run = Run(EnvironmentalPermit, payloads_of(asked), case=asked.case, run_id="a-run", seed=0)
    entries: list[LedgerEntry] = []
    timers: dict[int, datetime] = {}
    fences: list[int] = []

    def does(commands: Sequence[Command], at: datetime) -> None:
        for command in commands:
            match command:
                case TimerStarted(number=number, seconds=seconds):
                    timers[number] = at + timedelta(seconds=seconds)
                case TimerCancelled(number=number):
                    timers.pop(number, None)
                case ActivityScheduled(activity=activity, number=number) if activity == PUBLISH:
                    batch = value_of(command.input, Batch)
                    entries.extend(posting.entry for posting in batch.postings)
                    does(run.activate(at, resolved(number, Published.of(batch, run.run_id))), at)
                case ActivityScheduled(number=number):
                    fences.append(number)

    at = asked.received
    does(run.start(at), at)
    while "decided" not in [entry.kind for entry in entries]:
        at += timedelta(seconds=1)
        if fences:
            does(run.activate(at, resolved(fences.pop(), FencePassed())), at)
        else:
            number = min(timers, key=lambda each: timers[each])
            at = max(at, timers.pop(number))
            does(run.activate(at, fired(number)), at)
    run.evict()
    decided = next(each for each in entries if each.kind == "decided")
    assert decided.data is not None
    assert decided.data.content["decision"]["deemed"]
    relived = relive(EnvironmentalPermit, payloads_of(asked), asked.received, entries, (), ())
    assert relived.opened is not None
    assert relived.opened["carried"]["head"] == entries[-1].hash
