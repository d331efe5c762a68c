"""The stages of a course: what runs in which one, and what follows when the limit of one is over."""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from contracts.terms.limits import Limit
from contracts.wire.messages import CaseDue
from workflows.case.case import Case
from workflows.case.clock import ladder_of, set_limit
from workflows.case.deadlines import Stage
from workflows.case.journal import Outcome, mark_of
from workflows.case.leaving import in_turn

_STAGES: ContextVar[tuple[str, ...]] = ContextVar("stages", default=())
"""The stages that the running code belongs to. A branch that is begun in a stage belongs to it, too."""


def stages_here() -> tuple[str, ...]:
    """The stages that the calling verb belongs to, the outermost first."""
    return _STAGES.get()


def is_over(case: Case, step: str, mark: str) -> bool:
    """Whether the step of a verb is not even begun, since the limit of a stage that it belongs to is over."""
    for name in stages_here():
        stage = case.journal.stages.get(name)
        if stage is not None and stage.over and stage.otherwise is not None:
            case.journal.outcomes[step] = Outcome(how="broken-off", value=stage.otherwise, said=mark)
            return True
    return False


def count_stages_anew(case: Case, why: str) -> None:
    """Compute again when the stages that are under way are due, since the calendar has changed; say about
    each that moves from what to what, and to the lead agency where it was warned. One that is over stays
    over."""
    for stage in case.journal.stages.values():
        before, warned = stage.due, stage.passed > 0
        if stage.over or not _count(case, stage):
            continue
        recorded = case.record(
            "rescheduled",
            step=stage.step,
            outcome=stage.name,
            due=stage.due,
            due_before=before,
            provisional=stage.provisional,
            basis=why,
        )
        if warned and stage.due is not None and stage.due != before:
            recorded.tell_agency(case.item.lead, CaseDue(limit=stage.name, due=stage.due, basis=why))


def _count(case: Case, stage: Stage) -> bool:
    """Set when a stage is due; whether that is another time than before."""
    if stage.limit is None or stage.began is None:  # it was begun by a build that kept neither
        return False
    due = case.calendar.due(stage.began, stage.limit, counting=case.law.counting)
    return set_limit(case, stage, due, ladder_of(case, stage.began, [stage.limit], due.at))


class Within:
    """A stage, as ``async with`` has it: it begins with the block and ends with it."""

    def __init__(self, case: Case, name: str, limit: Limit, otherwise: str | None) -> None:
        self._case = case
        self._name = name
        self._limit = limit
        self._otherwise = otherwise
        self._step = ""
        self._token: Token[tuple[str, ...]] | None = None

    async def __aenter__(self) -> Self:
        case, name, otherwise = self._case, self._name, self._otherwise
        case.interrupt_if_withdrawn()
        self._step = case.journal.next_step("within")
        said = mark_of({"stage": name, "limit": self._limit, "otherwise": otherwise})
        if case.do_once(self._step, said):
            stage = Stage(
                step=self._step, name=name, otherwise=otherwise, limit=self._limit, began=case.moment
            )
            case.journal.stages[self._step] = stage
            _count(case, stage)
            case.record(
                "stage-begun", step=self._step, outcome=name, due=stage.due, provisional=stage.provisional
            )
        self._token = _STAGES.set((*_STAGES.get(), self._step))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is GeneratorExit:  # the worker lets the case go, in no context of its own
            return
        if self._token is not None:
            _STAGES.reset(self._token)
        case = self._case
        await in_turn(case, self._step, kind)
        if case.ending or not case.do_once(f"{self._step}/ended", ""):
            return
        case.journal.stages.pop(self._step, None)
        case.waits.forget(self._step)
        case.record("stage-ended", step=self._step, outcome=self._name)
