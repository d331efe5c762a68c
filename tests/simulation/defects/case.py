"""Defects of the case and its outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import ANY, patch

from activities import outbox
from contracts.platform import Delivered, FencePassed
from contracts.terms.service_item import ServiceItem
from tests.simulation.defects.mutant import Mutant
from workflows.case import inbox, intake, sequence
from workflows.case import outbox as case_outbox
from workflows.case.case import Case
from workflows.case.deadlines import Deadline, Wait
from workflows.case.inbox import Inbox
from workflows.case.journal import Fact, Journal
from workflows.case.waits import Waits

CASE = "tests/unit/workflows/case"


def _twice() -> AbstractContextManager[Any]:
    return patch.object(Journal, "hear", lambda *_: "new")


def _seen_forgotten() -> AbstractContextManager[Any]:
    """A new run does not know what the one before it has had."""
    made = Journal.model_post_init

    def forget(self: Journal, context: Any, /) -> None:
        made(self, context)
        self.seen.clear()

    return patch.object(Journal, "model_post_init", forget)


def _by_chance() -> AbstractContextManager[Any]:
    return patch.object(sequence, "in_order", lambda came: sorted(came, key=lambda each: each.event.id))


@contextmanager
def _records(change: Callable[[list[Any]], list[Any]]) -> Any:
    publish = outbox.OutboxActivity.publish

    async def changed(self: Any, batch: Any) -> Any:
        inner = self._publisher.publish

        async def send(records: Any) -> None:
            await inner(change(list(records)))

        with patch.object(self._publisher, "publish", send):
            return await publish(self, batch)

    with patch.object(outbox.OutboxActivity, "publish", changed):
        yield


def _backwards() -> AbstractContextManager[Any]:
    return _records(lambda records: records[::-1])


def _letter_dropped() -> AbstractContextManager[Any]:
    return _records(lambda records: records[:-1] if len(records) > 3 else records)


def _publishing_unread() -> AbstractContextManager[Any]:
    return patch.object(case_outbox, "_fork", lambda *_: None)


def _runs_unmarked() -> AbstractContextManager[Any]:
    begun = Case.begun
    return patch.object(Case, "begun", lambda self, step, mark: begun(self, step, ANY))


def _later_copy() -> AbstractContextManager[Any]:
    return patch.object(Journal, "drop_later_copy", lambda *_: False)


def _checks_unheld() -> AbstractContextManager[Any]:
    fence = Waits.fence

    def no_fence(self: Waits, deadline: Deadline) -> FencePassed | None:
        is_check = isinstance(deadline, Wait) and deadline.is_check
        return FencePassed() if is_check else fence(self, deadline)

    return patch.object(Waits, "fence", no_fence)


@contextmanager
def _by_stamps_alone() -> Iterator[None]:
    def by_stamps(came: Iterable[Delivered]) -> list[Delivered]:
        return sorted(came, key=lambda each: (each.received, each.actor))

    with patch.object(sequence, "in_order", by_stamps), patch.object(inbox, "in_order", by_stamps):
        yield


def _rungs_between() -> AbstractContextManager[Any]:
    take = sequence.take_rung

    def take_rung(case: Case, wait: Wait) -> None:
        waiting, case.inbox = case.inbox, Inbox(case.runtime.read)
        take(case, wait)
        case.inbox = waiting

    return patch.object(sequence, "take_rung", take_rung)


def _steps_before_limits() -> AbstractContextManager[Any]:
    """As it once was: whatever is due of the steps is taken first, then what is due of the case itself."""

    take = sequence.take_next

    def take_next(case: Case) -> Any:
        for wait in list(case.journal.waits.values()):
            rung = wait.next_rung
            if rung and rung.at <= case.now():
                sequence.take_rung(case, wait)
                if wait.step not in case.journal.waits or wait.next_rung != rung:
                    return wait
        return take(case)

    return patch.object(sequence, "take_next", take_next)


def _overtaking() -> AbstractContextManager[Any]:
    """What came after an end that waits for its fence takes effect before it."""
    take = sequence.take_next

    def take_next(case: Case) -> Any:
        if case.journal.undecided:
            came = case.journal.undecided.pop(0)
            sequence.take_effect(case, came)
            return came
        return take(case)

    return patch.object(sequence, "take_next", take_next)


def _all_at_once() -> AbstractContextManager[Any]:
    take = Inbox.take
    return patch.object(Inbox, "take", lambda self: [each for _ in range(len(self)) for each in take(self)])


def _anybody_reports() -> AbstractContextManager[Any]:
    return patch.object(ServiceItem, "hears", lambda *_: True)


def _all_facts_kept() -> AbstractContextManager[Any]:
    def keep(self: Journal, fact: Fact) -> bool:
        self.facts.append(fact)
        return True

    return patch.object(Journal, "keep", keep)


def _bytes_uncounted() -> AbstractContextManager[Any]:
    return patch.object(intake, "size_of", lambda _: 0)


MUTANTS = (
    Mutant("twice", "a repeat takes effect again", _twice, (CASE,)),
    Mutant("seen-forgotten", "a new run forgets what came", _seen_forgotten, (CASE,)),
    Mutant("by-chance", "events of one task take effect in any order", _by_chance, (CASE,)),
    Mutant("backwards", "the outbox publishes backwards", _backwards),
    Mutant("letter-dropped", "the outbox drops a letter", _letter_dropped),
    Mutant(
        "publishing-unread", "a case does not read what its outbox published", _publishing_unread, (CASE,)
    ),
    Mutant("rungs-between", "silence takes effect while events wait in the inbox", _rungs_between, (CASE,)),
    Mutant("steps-before-limits", "steps go before the limits of the case", _steps_before_limits, (CASE,)),
    Mutant("overtaking", "what is later overtakes what waits for its fence", _overtaking, (CASE,)),
    Mutant("runs-unmarked", "a later run does not know what was said", _runs_unmarked, (CASE,)),
    Mutant("later-copy", "a late copy hides the one that was in time", _later_copy, (CASE,)),
    Mutant("checks-unheld", "an outage holds no check", _checks_unheld, (CASE,)),
    Mutant(
        "by-stamps-alone", "a clock that steps back swaps what one sender said", _by_stamps_alone, (CASE,)
    ),
    Mutant("all-at-once", "all events that wait are taken in one task", _all_at_once, (CASE,)),
    Mutant("anybody-reports", "every agency reports in every procedure", _anybody_reports, (CASE,)),
    Mutant("all-facts-kept", "facts that nobody wants are kept without bound", _all_facts_kept, (CASE,)),
    Mutant("bytes-uncounted", "a run ends by the count of its events only", _bytes_uncounted, (CASE,)),
)
