"""Running a case again, from its input, its events and its ledger, to where its ledger ends.

For a case that Temporal has fallen back with: the procedure's own code is driven through the moments that the
ledger tells of. What it says has to be what stands there, hash by hash; then it knows what the case knew, and
the case can go on from there. Where it says anything else, the case is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Batch,
    Cancellation,
    Delivered,
    Fence,
    FencePassed,
    Opened,
    Published,
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
from seamless.explore.driver import Run, TaskFailed, activity_cancelled, fired, resolved, signal

FENCED_KINDS = frozenset({"deemed", "lapsed", "referred", "held"})
"""Entries that a fence was passed for."""

MAY_BE_FENCED = FENCED_KINDS | {"overdue", "penalty-begun", "penalty-due"}
"""Entries that a fence was passed for where something follows from them by law."""

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
    """

    opened: dict[str, Any] | None
    last: tuple[Batch, ...]


def relive(
    procedure: type[Any],
    opened: Payloads,
    began: datetime,
    entries: Sequence[LedgerEntry],
    events: Mapping[str, Delivered],
    again: Mapping[str, Delivered],
) -> Relived:
    """Live a case again.

    Args:
        procedure: its workflow class.
        opened: the input of one of its runs.
        began: when that run began; for its first run, any moment before its first entry.
        entries: its ledger after that, in order; at least one.
        events: the events that the run had, by their keys. What is not among the causes of ``entries`` is
            carried on, to take effect later.
        again: further events, which the gateway will carry again.

    Raises:
        Unlike: it does not say what the ledger says.
    """
    life = _Life(procedure, opened, entries, events, again)
    try:
        return life.live(began)
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
        entries: Sequence[LedgerEntry],
        events: Mapping[str, Delivered],
        again: Mapping[str, Delivered],
    ) -> None:
        self._procedure = procedure
        self._entries = entries
        self._known = {**again, **events}
        self._left = dict(events)
        self._behind = value_of(opened, Opened[Any]).behind
        self._said = 0
        self._last: list[Batch] = []
        self._at = entries[0].recorded + self._behind
        self._completed = False
        self._begin(opened)

    def _begin(self, opened: Payloads) -> None:
        case = self._entries[0].case
        self._opened = value_of(opened, Opened[Any])
        self._run = Run(self._procedure, opened, case=case, run_id=f"relived/{case}", seed=0)
        self._run.build = self.next.build
        self._timers: dict[int, datetime] = {}
        self._fences: dict[int, Fence] = {}
        self._checks: dict[str, int] = {}
        self._publishing: dict[int, Batch] = {}

    def end(self) -> None:
        """Drop what was driven."""
        self._run.evict()

    @property
    def next(self) -> LedgerEntry:
        """The entry that has to come next; the last one, once it has come."""
        return self._entries[min(self._said, len(self._entries) - 1)]

    def live(self, began: datetime) -> Relived:
        if not self._begins_with_events:  # of a later run: it says nothing before something happens to it
            self._at = began
            self._hear(self._run.start(began))
        for recorded, moment in groupby(self._entries, key=lambda each: each.recorded):
            self._last.clear()
            group = list(moment)
            self._live_through(recorded + self._behind, group)
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
        following["carried"]["inbox"] += [each.model_dump(mode="json") for each in self._left.values()]
        if (size := len(to_json(following))) > LARGEST_INPUT:
            raise Unlike(f"so many events wait that they fit into no run: {size} bytes")
        return Relived(following, tuple(self._last))

    def _is_short_of(self, group: Sequence[LedgerEntry]) -> bool:
        return self._said < len(self._entries) and self.next.sequence <= group[-1].sequence

    @property
    def _begins_with_events(self) -> bool:
        """Whether the run writes as soon as it begins: it opens the case, or takes what the last run left."""
        carried = self._opened.carried
        return carried is None or bool(carried.get("inbox"))

    def _live_through(self, at: datetime, group: Sequence[LedgerEntry]) -> None:
        """What made the case write the entries of one moment."""
        if self._begins_with_events and group[0] is self._entries[0]:
            self._at = at
            self._hear(self._run.start(at, *self._events_of(group)))
            return
        if any(each.kind in FENCED_KINDS for each in group):  # it rang before: the fence was asked then
            self._let_ring(at)
        jobs = [
            *self._ringing(at),  # with the events: what was due while the case was away came after them
            *self._events_of(group),
            *self._answers_of(group),
            *self._passed_by(group),
            *(
                signal(CANCEL, Cancellation.model_validate(each.data.content))
                for each in group
                if each.kind == "broken-off" and each.data and not each.cause
            ),
        ]
        if jobs:
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
        self._hear(self._run.activate(self._at, *jobs))

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

    def _events_of(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The events that the entries name, with the time at which the case was told the broker received
        them."""
        jobs = []
        for each in group:
            if event := self._known.pop(each.cause or "", None):
                self._left.pop(event.event.key, None)
                jobs.append(signal(DELIVER, event.model_copy(update={"received": each.received})))
        return jobs

    def _answers_of(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The answers of automated checks."""
        return [
            resolved(self._checks.pop(each.request), each.data.content["answer"])
            for each in group
            if each.kind == "answered" and each.data and each.request in self._checks
        ]

    def _passed_by(self, group: Sequence[LedgerEntry]) -> list[WorkflowActivationJob]:
        """The fences that were passed: what they found is in the entries."""
        jobs = []
        for each in group:
            if each.kind in MAY_BE_FENCED and self._fences:
                number = min(self._fences, key=lambda number: self._distance(number, each))
                del self._fences[number]
                jobs.append(resolved(number, _found(each)))
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
                    self._hear(self._run.start(self._at))
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


def _found(entry: LedgerEntry) -> FencePassed:
    """What a fence found that let the case write this."""
    said = entry.data.content if entry.data and entry.kind == "held" else {}
    if not said:
        return FencePassed()
    outage = None
    if "outage_began" in said:
        outage = {"began": said["outage_began"], "ended": said["outage_ended"]}
    return FencePassed.model_validate(
        {"held_until": said["until"], "outage": outage, "paused": said.get("paused_since")}
    )
