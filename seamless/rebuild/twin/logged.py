"""What happened in a world, as an event log: the same as from the ledgers of its cases."""

from __future__ import annotations

from collections.abc import Sequence

from seamless.rebuild.log import CaseRecord, EventLog, StepRecord, in_order
from seamless.rebuild.twin.living import instant
from seamless.rebuild.twin.world import CaseOf, StepOf


def event_log(cases: Sequence[CaseOf], name: str, as_of: float) -> EventLog:
    """The log of some cases of a world that has ended.

    Args:
        as_of: the last instant of which it tells, in seconds since 1970.
    """
    return EventLog(
        name=name,
        cases=tuple(_case(case) for case in cases),
        as_of=instant(as_of),
        ends="recorded",
    )


def _case(case: CaseOf) -> CaseRecord:
    return CaseRecord(
        reference=case.arrival.name,
        start=instant(case.started),
        end=None if case.ended is None else instant(case.ended),
        steps=in_order([_step(step) for step in case.steps]),
    )


def _step(step: StepOf) -> StepRecord:
    return StepRecord(
        activity=step.asked.activity,
        completed=None if step.ended is None else instant(step.ended),
        queued=instant(step.queued),
        started=None if step.begun is None else instant(step.begun),
        resource=step.officer,
        group=step.asked.holder,
        outcome=None if step.how == "stopped" else step.outcome,
        how=step.how,
    )
