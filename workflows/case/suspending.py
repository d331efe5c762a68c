"""Suspending a case: time that does not count, from one point of the course to another."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from contracts.terms.calendar import Stretch
from workflows.case.case import Case
from workflows.case.clock import turn
from workflows.case.ladder import reschedule, tell_of_move
from workflows.case.leaving import in_turn
from workflows.case.orderers import BY_LAW, Orderer, ordered_by


class Suspended:
    """A suspension, as ``async with`` has it. It begins when it is recorded, so when whoever has to bring
    something is told; it ends when the broker received what ended it, however late that reached the case."""

    def __init__(self, case: Case, basis: str, by: Orderer | None) -> None:
        self._case = case
        self._by = by
        self._rule = case.law.suspension(basis)
        self._step = ""

    async def __aenter__(self) -> Self:
        case, rule = self._case, self._rule
        case.interrupt_if_withdrawn()
        self._step = step = case.journal.next_step("suspended")
        ordered = ordered_by(case, self._by)
        said = rule.basis if ordered == BY_LAW else f"{rule.basis}, by {ordered.actor}"
        if not case.do_once(step, said):
            return self
        now = case.now()
        turned = turn(case, "suspend", now, step=step, kind=rule.kind, interrupts=rule.interrupts)
        case.record(
            "suspended",
            step=step,
            actor=ordered.actor,
            contact=ordered.contact,
            basis=rule.basis,
            turned=turned,
        )
        if rule.requests:
            for wait in list(case.journal.waits.values()):
                if wait.request is None:
                    continue
                stood_still, wait.stands_still = wait.stands_still, True
                wait.suspended[step] = now
                case.waits.forget(wait.step)
                if not stood_still:
                    tell_of_move(case, wait, rule.basis, wait.due)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        case, rule, step = self._case, self._rule, self._step
        if kind is GeneratorExit:  # the worker lets the case go; it is still suspended
            return
        await in_turn(case, step, kind)
        if case.ending or not case.do_once(f"{step}/over", ""):
            return
        at = case.moment
        turned = turn(case, "resume", at, step=step)
        case.record("resumed", step=step, received=at, basis=rule.basis, turned=turned)
        for wait in list(case.journal.waits.values()):
            began = wait.suspended.pop(step, None)
            if began is None:
                continue
            if at > began:
                wait.still.append(Stretch(began, at))
            wait.stands_still = bool(wait.suspended)
            reschedule(case, wait, rule.basis, resumed=not wait.stands_still)
