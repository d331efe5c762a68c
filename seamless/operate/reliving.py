"""Running a case again, from its input, what was said to it and its ledger, to where its ledger ends.

For a case that Temporal has fallen back with: the procedure's own code is driven through the moments that the
ledger tells of. What it says has to be what stands there, hash by hash; then it knows what the case knew, and
the case can go on from there. Where it says anything else, the case is not touched.

What was said to it is from two sources. Temporal's history has every message up to the backup, with when the
case was told. Of what came later the ledger tells: an event is on its topic, and named as the cause of an
entry; a calendar stands in the entry itself, and so does an operator's order that no event brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from pydantic_core import to_json
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from contracts.platform import (
    AWAIT_GATEWAY,
    CANCEL,
    DELIVER,
    PUBLISH,
    PUBLISH_CALENDAR,
    Batch,
    Cancellation,
    Delivered,
    Fence,
    Opened,
    Published,
    signal_of,
)
from contracts.wire.ledger import LedgerEntry
from seamless.explore.commands import (
    ActivityCancelled,
    ActivityScheduled,
    Command,
    Completed,
    ContinuedAsNew,
    Failed,
    Payloads,
    TimerCancelled,
    TimerStarted,
    value_of,
)
from seamless.explore.driver import (
    Run,
    TaskFailed,
    activity_cancelled,
    fired,
    messages_of,
    resolved,
    signal,
)
from seamless.operate.causes import broken_off, found_for, is_fenced, may_be_fenced
from seamless.operate.remembering import CANCEL_REQUESTED, MESSAGES, Message
from seamless.operate.told_events import ToldEvents

LARGEST_INPUT = 1_500_000
"""Bytes that a run may begin with; Temporal takes 2 MB."""


class Unlike(Exception):
    """Living the case again does not give its ledger: says where it parts from it."""


class Relived(NamedTuple):
    """A case, as it was when it wrote the last entry of its ledger.

    Attributes:
        opened: the input of a run that goes on from there, as JSON; None where the case came to its end with
            that.
        last: what the case sent at that moment, to be published again: the last of it may not have left.
        unsaid: what Temporal had for it and its ledger does not show yet, beside the events that ``opened``
            has: that run has to be told of it, in this order.
    """

    opened: dict[str, Any] | None
    last: tuple[Batch, ...]
    unsaid: tuple[Message, ...] = ()


def relive(
    procedure: type[Any],
    opened: Payloads,
    began: datetime,
    entries: Sequence[LedgerEntry],
    messages: Sequence[Message],
    again: Iterable[Delivered],
) -> Relived:
    """Live a case again.

    Args:
        procedure: its workflow class.
        opened: the input of one of its runs.
        began: when that run began; for its first run, any moment before its first entry.
        entries: its ledger after that, in order; at least one.
        messages: what was said to the run, as far as Temporal has it. What ``entries`` do not show is carried
            on, to take effect later.
        again: further events, which the gateway will carry again.

    Raises:
        Unlike: it does not say what the ledger says; or it was told something of a kind that is not known
            here.
    """
    life = _Life(procedure, opened, began, entries)
    life.remember(messages, again)
    try:
        return life.live()
    except TaskFailed as error:
        raise Unlike(f"its code fails at entry {life.next.sequence}: {error}") from None
    finally:
        life.end()


class _Life:
    """Attributes:
    entries: the ledger that has to come out.
    """

    def __init__(
        self,
        procedure: type[Any],
        opened: Payloads,
        began: datetime,
        entries: Sequence[LedgerEntry],
    ) -> None:
        self._procedure = procedure
        self._entries = entries
        self._events = ToldEvents()
        self._others: list[Message] = []
        self._behind = value_of(opened, Opened[Any]).behind
        self._said = 0
        self._last: list[Batch] = []
        self._at = min(began, entries[0].recorded + self._behind)
        self._completed = False
        self._begin(opened)

    def _begin(self, opened: Payloads) -> None:
        case = self._entries[0].case
        self._opened = value_of(opened, Opened[Any])
        self._run = Run(self._procedure, opened, case=case, run_id=f"relived/{case}", seed=0)
        self._began = False
        self._timers: dict[int, datetime] = {}
        self._fences: dict[int, Fence] = {}
        self._checks: dict[str, int] = {}
        self._publishing: dict[int, Batch] = {}

    def end(self) -> None:
        """Drop what was driven."""
        self._run.evict()

    def remember(self, messages: Iterable[Message], again: Iterable[Delivered]) -> None:
        """Note what was said to the run, and what will be.

        Raises:
            Unlike: it takes messages of a kind that is not known here.
        """
        for each in messages:
            event = each.value.order if isinstance(each.value, Cancellation) else each.value
            if isinstance(event, Delivered):
                self._events.add(event, told=True)
            elif each.name in MESSAGES and each.value is None:
                raise Unlike(f"it was told something that nobody can read: {each.name!r}")
            elif each.name in MESSAGES or each.name == CANCEL_REQUESTED:
                self._others.append(each)
            elif each.name in messages_of(self._procedure):
                raise Unlike(f"nobody knows here how to tell it again what it was told: {each.name!r}")
        for event in again:
            self._events.add(event, told=False)

    @property
    def next(self) -> LedgerEntry:
        """The entry that has to come next; the last one, once it has come."""
        return self._entries[min(self._said, len(self._entries) - 1)]

    def live(self) -> Relived:
        if not self._begins_with_events:  # of a later run: it says nothing before something happens to it
            self._tell(self._at)
        for recorded, entries in groupby(self._entries, key=lambda each: each.recorded):
            self._last.clear()
            group, at = list(entries), recorded + self._behind
            self._read_calendars(group, at)
            heard = self._heard_by(at)
            for moment, each in heard:
                if moment < at:  # it did not show when the case was told of it
                    self._publish()
                    self._tell(moment, each.job)
            self._live_through(at, group, [each.job for moment, each in heard if moment == at])
            if self._is_short_of(group):
                self._publish()  # what it wrote at that moment, too, leaves in a second batch
            if self._is_short_of(group) and (passed := self._passed_by(group)):  # asked for only now
                self._tell(self._at, *passed)
            if self._is_short_of(group):
                raise Unlike(f"it does not come to entry {self.next.sequence} ({self.next.kind})")
        self._publish()
        if self._completed:
            return Relived(None, tuple(self._last))
        case = self._run.workflow_object()._case
        following = case.opened.model_copy(update={"carried": case.carried()}).model_dump(mode="json")
        left = [(each, Message(*signal_of(each))) for each in self._events.left]
        waits = [each for each, said in left if said.name == DELIVER]
        following["carried"]["inbox"] += [each.model_dump(mode="json") for each in waits]
        if (size := len(to_json(following))) > LARGEST_INPUT:
            raise Unlike(f"so many events wait that they fit into no run: {size} bytes")
        # An order to end the case goes before everything that waits, also where it waited itself.
        unsaid = [*(said for _, said in left if said.name != DELIVER), *self._others]
        return Relived(
            following, tuple(self._last), tuple(sorted(unsaid, key=lambda each: each.name != CANCEL))
        )

    def _is_short_of(self, group: Sequence[LedgerEntry]) -> bool:
        return self._said < len(self._entries) and self.next.sequence <= group[-1].sequence

    @property
    def _begins_with_events(self) -> bool:
        """Whether the run writes as soon as it begins: it opens the case, or takes what the last run left."""
        carried = self._opened.carried
        return carried is None or bool(carried.get("inbox"))

    def _live_through(
        self, at: datetime, group: Sequence[LedgerEntry], heard: Sequence[WorkflowActivationJob]
    ) -> None:
        """What made the case write the entries of one moment."""
        if any(is_fenced(each) for each in group):  # it rang before: the fence was asked then
            self._let_ring(at)
        jobs = [
            *self._ringing(at),  # with the events: what was due while the case was away came after them
            *heard,
            *self._events_of(group),
            *self._answers_of(group),
            *self._passed_by(group),
            *broken_off(group),
        ]
        if jobs or not self._began:
            self._publish()
            self._tell(at, *jobs)
        elif self._publishing:  # it waited for that: a case that is flooded does
            self._at = at
            self._publish()
        else:
            raise Unlike(f"nothing is known that brought about entry {group[0].sequence} ({group[0].kind})")

    def _tell(self, at: datetime, *jobs: WorkflowActivationJob) -> None:
        self._at = max(at, self._at)
        self._run.build = self.next.build
        does = self._run.activate if self._began else self._run.start
        self._began = True
        self._hear(does(self._at, *jobs))

    def _publish(self) -> None:
        """Let what the case has sent be published; it may send more for that."""
        while self._publishing:
            number, batch = self._publishing.popitem()
            self._tell(self._at, resolved(number, Published.of(batch, self._run.run_id)))

    def _let_ring(self, before: datetime) -> None:
        """Let every timer ring that is over by then, each at its time. What rings may be set again."""
        while due := sorted((at, number) for number, at in self._timers.items() if at <= before):
            at, number = due[0]
            del self._timers[number]
            self._publish()
            self._tell(at, fired(number))

    def _ringing(self, at: datetime) -> list[WorkflowActivationJob]:
        due = [number for number, due in self._timers.items() if due <= at]
        for number in due:
            del self._timers[number]
        return [fired(number) for number in due]

    def _heard_by(self, at: datetime) -> list[tuple[datetime, Message]]:
        """Take out what the case was told by then, beside events, with when it was."""
        heard = [(each.heard, each) for each in self._others if each.heard is not None and each.heard <= at]
        self._others = [each for each in self._others if each.heard is None or each.heard > at]
        return sorted(heard, key=lambda pair: pair[0])

    def _read_calendars(self, group: Sequence[LedgerEntry], at: datetime) -> None:
        """Note the calendars that take effect at a moment and of which only the ledger tells: Temporal has
        forgotten them, or has yet to tell the case.

        When the case was told is not in the ledger where that was before: then it waited for the fence of
        something that was due. But it goes before what the broker received later.
        """
        told = self._calendars_that_wait | {
            each.value.name
            for each in self._others
            if each.name == PUBLISH_CALENDAR and each.heard is not None and each.heard <= at
        }
        for place, each in enumerate(group):
            days = each.clock.days if each.kind == "calendar" and each.clock else None
            if days is None or days.name in told:
                continue
            after = [later.received + self._behind for later in group[place + 1 :] if later.cause]
            self._others = [other for other in self._others if other.value != days]
            self._others.append(Message(PUBLISH_CALENDAR, days, min([at, *after])))

    @property
    def _calendars_that_wait(self) -> set[str]:
        """Those that the case was told of and that have not taken effect."""
        if not self._began:
            return {each["days"]["name"] for each in (self._opened.carried or {}).get("published", ())}
        return {each.days.name for each in self._run.workflow_object()._case.journal.published}

    def _events_of(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The events that the entries name, with the time at which the case was told the broker received
        them."""
        jobs = []
        for each in group:
            if event := self._events.take(each):
                jobs.append(signal(*signal_of(event.model_copy(update={"received": each.received}))))
        return jobs

    def _answers_of(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The answers of automated checks, whatever became of them: of two that came together, the first may
        have stopped the request of the second."""
        jobs = []
        for each in group:
            asked = [
                request for request in self._checks if (each.cause or "").endswith(f"#{request}/answered")
            ]
            if asked and each.data and "answer" in each.data.content:
                jobs.append(resolved(self._checks.pop(asked[0]), each.data.content["answer"]))
        return jobs

    def _passed_by(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The fences that were passed: what they found is in the entries."""
        jobs = []
        for each in group:
            if (is_fenced(each) or may_be_fenced(each)) and self._fences:
                number = min(self._fences, key=lambda number: self._distance(number, each))
                del self._fences[number]
                jobs.append(resolved(number, found_for(each)))
        return jobs

    def _distance(self, number: int, entry: LedgerEntry) -> tuple[bool, datetime]:
        """How well a fence fits an entry: its deadline is when what the entry says became due."""
        deadline = self._fences[number].deadline
        return deadline != entry.occurred, deadline

    def _hear(self, commands: Sequence[Command]) -> None:
        """Note what the case wants."""
        for command in commands:
            match command:
                case TimerStarted(number=number, seconds=seconds):
                    self._timers[number] = self._at + timedelta(seconds=seconds)
                case TimerCancelled(number=number):
                    self._timers.pop(number, None)
                case ActivityScheduled(activity=activity, number=number) if activity == PUBLISH:
                    self._publishing[number] = batch = value_of(command.input, Batch)
                    self._compare(batch)
                case ActivityScheduled(activity=activity, number=number) if activity == AWAIT_GATEWAY:
                    self._fences[number] = value_of(command.input, Fence)
                case ActivityScheduled(activity_id=activity_id, number=number):
                    self._checks[activity_id] = number
                case ActivityCancelled(number=number):
                    self._fences.pop(number, None)
                    self._checks = {name: each for name, each in self._checks.items() if each != number}
                    self._tell(self._at, activity_cancelled(number))
                case ContinuedAsNew(input=input):
                    self._run.evict()
                    self._begin(input)
                    self._tell(self._at)
                case Completed():
                    self._completed = True
                case Failed(message=message):
                    raise Unlike(f"it fails after entry {self._said}: {message}")

    def _compare(self, batch: Batch) -> None:
        """What the case says has to be what is in its ledger; beyond its end, it may go on."""
        self._last.append(batch)
        for posting in batch.postings:
            if self._said < len(self._entries):
                stands, said = self._entries[self._said], posting.entry
                if stands.hash != said.hash:
                    raise Unlike(
                        f"entry {stands.sequence} is {stands.kind} of {stands.recorded}, and now it would be "
                        f"{said.kind} of {said.recorded}"
                    )
            self._said += 1
