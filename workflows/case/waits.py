"""The waits of a case: what it is waiting for, until when, and how each wait ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.platform import Fence
from contracts.terms.identifiers import CaseId
from contracts.terms.values import Money
from workflows.case.alarm import Alarm
from workflows.case.journal import Fact, Journal, Outcome, Wait
from workflows.case.runtime import Runtime


class Waits:
    """Opens and settles the waits of a journal, with the timer, the fences and the checks they need.

    Nothing here is recorded in the ledger: the caller records why a wait was opened and how it ended.

    Attributes:
        alarm: rings when a rung of an overdue ladder is due.
    """

    def __init__(self, case: CaseId, journal: Journal, runtime: Runtime, now: Callable[[], datetime]) -> None:
        """``now`` is the case's clock."""
        self.alarm = Alarm(runtime, now)
        self._case = case
        self._journal = journal
        self._runtime = runtime
        self._passed: set[str] = set()
        self._fences: dict[str, asyncio.Task[None]] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}

    def open(self, wait: Wait) -> None:
        """Begin to wait."""
        self._journal.waits[wait.step] = wait
        self.set_alarm()

    def settle(self, step: str, outcome: Outcome) -> None:
        """End a wait; the verb that waits for it goes on."""
        self._journal.waits.pop(step, None)
        self._journal.outcomes[step] = outcome
        for tasks in (self._fences, self._checks):
            if task := tasks.pop(step, None):
                task.cancel()

    def receive(self, fact: Fact) -> Wait | None:
        """Give a fact to the first wait that wants it and that it is in time for; that wait.

        None: there is no such wait, and the fact is kept for one that may be opened later.
        """
        for wait in self._journal.waits.values():
            if fact.name in wait.wants and wait.in_time(fact.received):
                wait.owed = wait.owed and _left_to_pay(wait.owed, fact)
                if not (wait.owed and wait.owed.amount):
                    self.settle(wait.step, Outcome(how="answered", value=fact.model_dump(mode="json")))
                return wait
        self._journal.keep(fact)
        return None

    def offer_kept_facts(self) -> None:
        """Give the facts that were kept to the waits that are open now."""
        kept, self._journal.facts = self._journal.facts, []
        for fact in kept:
            self.receive(fact)

    def set_alarm(self) -> None:
        """Ring at the earliest rung. A rung that waits for its fence is taken when the fence is passed."""
        waits = [wait for wait in self._journal.waits.values() if wait.step not in self._fences]
        if due := [rung.at for wait in waits if (rung := wait.next_rung)]:
            self.alarm.set(min(due))

    def fence_passed(self, wait: Wait) -> bool:
        """Whether a binding end may take effect: the case has everything that came in time for ``wait``.

        If it is not known yet, the gateway is asked, once. A deadline takes effect only after every
        on-time event has been processed, so an outage of the gateway never brings about a consequence.
        """
        if wait.step in self._passed or not wait.inlets:
            return True
        if wait.step not in self._fences:
            self._fences[wait.step] = asyncio.create_task(self._pass_fence(wait))
        return False

    @property
    def any_fence_passed(self) -> bool:
        """Whether a rung that waited for its fence can be taken now."""
        return not self._passed.isdisjoint(self._journal.waits)

    async def _pass_fence(self, wait: Wait) -> None:
        fence = Fence(case=self._case, deadline=wait.rungs[-1].at, topics=wait.inlets)
        await self._runtime.await_gateway(fence, wait.step)
        self._passed.add(wait.step)

    def start_check(self, step: str, check: Coroutine[Any, Any, None]) -> None:
        """Run an automated check; it is cancelled when its step ends in another way."""
        self._checks[step] = asyncio.create_task(check)


def _left_to_pay(owed: Money, payment: Fact) -> Money:
    """What is still owed after a payment. One in another currency is recorded, but counts for nothing."""
    paid = Money.model_validate(payment.data["amount"])
    if paid.currency != owed.currency:
        return owed
    return Money(amount=max(Decimal(0), owed.amount - paid.amount), currency=owed.currency)
