"""The waits of a case, and its other deadlines: what it waits for, until when, and how each wait ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.platform import Fence, FencePassed
from contracts.terms.calendar import Due
from contracts.terms.identifiers import AgencyId, CaseId, Party
from contracts.terms.values import LARGEST_SUM, Money
from contracts.wire.topics import events_topic
from workflows.case.alarm import Alarm
from workflows.case.deadlines import Deadline, ScheduledRung, Stage, Wait
from workflows.case.journal import Fact, Journal, Outcome
from workflows.case.runtime import Runtime


class Waits:
    """Opens and settles the waits of a journal, with the timer, the fences and the checks that they and its
    other deadlines need.

    Nothing here is recorded in the ledger: the caller records why a wait was opened and how it ended.

    Attributes:
        alarm: rings when a rung of an overdue ladder is due.
    """

    def __init__(
        self,
        case: CaseId,
        journal: Journal,
        runtime: Runtime,
        now: Callable[[], datetime],
        delay: timedelta = timedelta(0),
    ) -> None:
        """
        Args:
            now: the case's clock.
            delay: so long after a rung is due it is taken, unless something came meanwhile.
        """
        self._delay = delay
        self.alarm = Alarm(runtime, now)
        self._case = case
        self._journal = journal
        self._runtime = runtime
        self._found: dict[str, FencePassed] = {}
        self._fences: dict[str, asyncio.Task[None]] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}

    def open(self, wait: Wait) -> None:
        """Begin to wait."""
        self._journal.waits[wait.step] = wait
        self.set_alarm()

    def settle(self, step: str, outcome: Outcome, at: datetime | None = None) -> None:
        """End a wait; the verb that waits for it goes on.

        Args:
            at: when that came about which ends it. What the course does then counts from there.
        """
        if at is not None:
            self._journal.moment = max(at, self._journal.moment or at)
        if wait := self._journal.waits.pop(step, None):
            if wait.is_check:
                self._look_again()
            outcome.said, outcome.fields, outcome.billed = wait.said, wait.fields, wait.billed
            if wait.agency is not None:
                outcome.asked = (*wait.asked_earlier, wait.agency)
            if unused := wait.excess if outcome.how == "answered" else wait.paid:
                self._journal.refund(unused)
        self._journal.outcomes[step] = outcome
        _give_up(self._checks.pop(step, None))
        self.forget(step)

    def _look_again(self) -> None:
        """A check has ended for which limits of the case, or of a stage, waited that were over."""
        for deadline in self._journal.deadlines.values():
            deadline.unanswered = False
        stages = [stage for stage in self._journal.stages.values() if stage.unanswered]
        if stages and self._runtime.patched("a-stage-waits-for-its-checks-alone"):
            for stage in stages:
                stage.unanswered = False
        self.set_alarm()

    def forget(self, step: str) -> None:
        """Give up the fence of a deadline that has ended, stands still, or has moved."""
        _give_up(self._fences.pop(step, None))
        self._found.pop(step, None)

    def hold(self, deadline: Deadline, until: datetime) -> None:
        """Let a deadline go on until then; a new fence is passed at its end."""
        deadline.held_until = until
        self._renew(deadline.step)

    def refer(self, wait: Wait, to: AgencyId, due: Due, rungs: list[ScheduledRung]) -> None:
        """Let another agency end a wait, on a ladder of its own; those that were asked no longer can. Where
        that was a check, nothing waits for it any more."""
        was_check = wait.is_check
        wait.asked_before = wait.asked_earlier
        wait.referred_by, wait.agency, wait.holder = wait.agency, to, Party.agency(to)
        wait.move(due, rungs)
        wait.passed, wait.still, wait.inlets = 0, [], (events_topic(wait.holder),)
        _give_up(self._checks.pop(wait.step, None))
        self._renew(wait.step)
        if was_check and self._limits_wait() and self._runtime.patched("who-stands-in-is-no-check"):
            self._look_again()

    def _limits_wait(self) -> bool:
        """Whether a limit of the case, or of a stage, is over and waits for a check."""
        limits = [*self._journal.deadlines.values(), *self._journal.stages.values()]
        return any(limit.unanswered for limit in limits)

    def _renew(self, step: str) -> None:
        self.forget(step)
        self.set_alarm()

    def receive(self, fact: Fact) -> Wait | None:
        """Give a fact to the first wait that wants it and that it is in time for; that wait, or None."""
        for wait in self._journal.waits.values():
            if fact.name in wait.wants and wait.in_time(fact.received):
                if wait.owed is not None:
                    _pay(wait, wait.owed, Money.model_validate(fact.data["amount"]))
                if not (wait.owed and wait.owed.amount):
                    outcome = Outcome(how="answered", value=fact.model_dump(mode="json"))
                    self.settle(wait.step, outcome, fact.received)
                return wait
        return None

    def offer_kept_facts(self, tell: Callable[[Fact, Wait], object]) -> None:
        """Give the facts that were kept to the waits that are open now; ``tell`` hears of each that one has
        taken."""
        kept, self._journal.facts = self._journal.facts, []
        for fact in kept:
            wait = self.receive(fact)
            if wait is None:
                self._journal.facts.append(fact)
            else:
                tell(fact, wait)

    def set_alarm(self) -> None:
        """Ring for what is due next. If it waits for its fence, it is taken once that is passed, and what is
        later after it."""
        due = self._journal.next_due()
        if due is not None and due.step not in self._fences and (rung := due.next_rung):
            delay = timedelta(0) if self._journal.undecided else self._delay
            self.alarm.set(rung.at + delay, due.next_in_words)

    def fence(self, wait: Deadline) -> FencePassed | None:
        """What the fence found: the case has everything that the broker had received by the end of ``wait``,
        from the applicant and from whoever has something to bring. None: not yet.

        If it is not known yet, the gateway is asked, once. A deadline takes effect only after every
        on-time event has been processed, so an outage of the platform never causes a consequence.
        """
        if wait.end is None:
            return FencePassed()
        if wait.step not in self._fences:
            self._fences[wait.step] = asyncio.create_task(self._pass_fence(wait, wait.end))
        return self._found.get(wait.step)

    @property
    def fence_passed(self) -> bool:
        """Whether what is due next waited for its fence and can be taken now."""
        due = self._journal.next_due() if self._found else None
        return due is not None and due.step in self._found

    async def _pass_fence(self, wait: Deadline, deadline: datetime) -> None:
        waits = list(self._journal.waits.values())
        channel = events_topic(Party.channel(self._case.channel))
        fence = Fence(
            case=self._case,
            deadline=deadline,
            topics=tuple(dict.fromkeys([channel, *_inlets(waits)])),
            awaited=tuple(dict.fromkeys(_inlets(_silent_at(wait, waits)))),
        )
        found = await self._runtime.await_gateway(fence, wait.step)
        # Temporal returns what an activity has found also where it is cancelled in the same task: the wait
        # may be over by then, and nobody would ever take it.
        if self._fences.get(wait.step) is asyncio.current_task():
            self._found[wait.step] = found

    def start_check(self, step: str, check: Coroutine[Any, Any, None]) -> None:
        """Run an automated check; it is cancelled when its step ends in another way."""
        self._checks[step] = asyncio.create_task(check)


def _inlets(waits: Iterable[Wait]) -> Iterator[str]:
    return (inlet for each in waits for inlet in each.inlets)


def _silent_at(deadline: Deadline, waits: Sequence[Wait]) -> Sequence[Wait]:
    """What has brought nothing by the end of a deadline, so that something follows: a step itself; what is
    open in a stage; and of a limit of the case, everything."""
    if isinstance(deadline, Wait):
        return [deadline]
    if isinstance(deadline, Stage):
        return [each for each in waits if deadline.step in each.stages]
    return waits


def _give_up(task: asyncio.Task[None] | None) -> None:
    """Cancel what nobody waits for any more. Temporal raises an error of its own out of an activity that is
    cancelled: it is taken here, or the log would have it as a fault."""
    if task is not None:
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _pay(wait: Wait, owed: Money, payment: Money) -> None:
    """Count a payment towards what a wait is owed."""
    left = owed.amount - payment.amount
    before = wait.paid.amount if wait.paid else Decimal(0)
    wait.paid = payment.model_copy(update={"amount": min(before + payment.amount, LARGEST_SUM)})
    wait.owed = owed.model_copy(update={"amount": max(left, Decimal(0))})
    wait.excess = payment.model_copy(update={"amount": -left}) if left < 0 else None
