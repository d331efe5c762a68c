"""The mutants: defects that were mended, and how each is put back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2

from activities import outbox
from activities.availability import Availability
from activities.fence import FenceActivity
from activities.suspects import Suspects
from contracts.platform import FencePassed
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import PLATFORM
from contracts.wire.dead_letter import Place
from workers.gateway import carrier, delivery, gateway, originals
from workers.gateway.chains import Chains
from workers.gateway.delivery import Delivery
from workers.gateway.early_events import EarlyEvents
from workers.gateway.tracker import Tracker
from workflows.case.inbox import Inbox
from workflows.case.journal import Journal, Wait


@dataclass(frozen=True)
class Mutant:
    """A defect.

    Attributes:
        what: it is, in a line.
        put_back: puts it into the product, for a while.
        tests: the property tests that are asked where no seed finds it.
    """

    name: str
    what: str
    put_back: Callable[[], AbstractContextManager[Any]]
    tests: tuple[str, ...] = ()


# --- the fence -------------------------------------------------------------------------------------------


def _one_partition() -> AbstractContextManager[Any]:
    every = FenceActivity._carried

    async def carried(self: FenceActivity, asked: Any) -> None:
        count = len(await self._partitions(asked.topics[0]))
        home = (murmur2(asked.case.encode()) & 0x7FFFFFFF) % count
        end_of = self._end_of

        async def ends(topic: str, deadline: Any) -> dict[TopicPartition, int]:
            return {
                each: end for each, end in (await end_of(topic, deadline)).items() if each.partition == home
            }

        with patch.object(self, "_end_of", ends):
            await every(self, asked)

    return patch.object(FenceActivity, "_carried", carried)


def _by_stamps() -> AbstractContextManager[Any]:
    async def end_of(self: FenceActivity, topic: str, deadline: Any) -> dict[TopicPartition, int]:
        partitions = await self._partitions(topic)
        at = int(deadline.timestamp() * 1000)
        found = await self._reader.offsets_for_times(dict.fromkeys(partitions, at))
        ends = await self._reader.end_offsets(partitions)
        return {each: ends[each] if found[each] is None else found[each].offset for each in partitions}

    return patch.object(FenceActivity, "_end_of", end_of)


def _ends_before() -> AbstractContextManager[Any]:
    """The ends are asked once for a topic, whatever deadline comes later."""
    asked = FenceActivity._end_of

    async def end_of(self: FenceActivity, topic: str, deadline: Any) -> dict[TopicPartition, int]:
        kept = vars(self).setdefault("_kept", {})
        if topic not in kept:
            kept[topic] = await asked(self, topic, deadline)
        ends: dict[TopicPartition, int] = kept[topic]
        return ends

    return patch.object(FenceActivity, "_end_of", end_of)


def _ends_anew() -> AbstractContextManager[Any]:
    asked = FenceActivity._end_of

    async def end_of(self: FenceActivity, topic: str, deadline: Any) -> dict[TopicPartition, int]:
        self._ends.clear()
        return await asked(self, topic, deadline)

    return patch.object(FenceActivity, "_end_of", end_of)


def _no_skew() -> AbstractContextManager[Any]:
    made = FenceActivity.__init__

    def make(self: FenceActivity, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs | {"clock_skew": timedelta(0)})

    return patch.object(FenceActivity, "__init__", make)


def _nothing_holds() -> AbstractContextManager[Any]:
    return patch.object(Suspects, "holding", lambda *_: None)


def _replay_frees() -> AbstractContextManager[Any]:
    """A dead letter holds no longer once the operator has replayed it, though it is not carried yet."""
    taken = Suspects.take

    def take(self: Suspects, record: Any) -> None:
        taken(self, record)
        for letter in list(self._replayed):
            self._drop(letter)

    return patch.object(Suspects, "take", take)


def _no_outage() -> AbstractContextManager[Any]:
    return patch.object(Availability, "verdict", lambda *_: FencePassed())


def _first_instant() -> AbstractContextManager[Any]:
    def in_time(self: Wait, received: Any) -> bool:
        return not self.rungs or received <= (self.held_until or self.rungs[-1].at)

    return patch.object(Wait, "in_time", in_time)


# --- the gateway -----------------------------------------------------------------------------------------


def _no_markers() -> AbstractContextManager[Any]:
    async def skip(*_: Any) -> None:
        return

    return patch.object(gateway._AssignedPartitions, "_skip_what_cannot_be_read", skip)


def _skip_while_revoked() -> AbstractContextManager[Any]:
    skip = gateway._AssignedPartitions._skip_what_cannot_be_read

    async def always(self: Any, assignment: Any) -> None:
        assignment.begun = True
        await skip(self, assignment)

    return patch.object(gateway._AssignedPartitions, "_skip_what_cannot_be_read", always)


def _commit_first() -> AbstractContextManager[Any]:
    async def finish(taken: Any) -> None:
        taken.tracker.finish(taken.offset)
        await taken.work()

    return patch.object(gateway, "_finish", finish)


def _commit_highest() -> AbstractContextManager[Any]:
    return patch.object(
        Tracker, "position", property(lambda self: max(self._finished) + 1 if self._finished else self._next)
    )


def _unordered() -> AbstractContextManager[Any]:
    """Each record of a key starts at once."""
    put = Chains.put
    numbers = iter(range(10**9))
    return patch.object(Chains, "put", lambda self, key, item: put(self, (key, next(numbers)), item))


def _endless_faults() -> AbstractContextManager[Any]:
    return patch.object(carrier, "FAULTS_AT_MOST", 10**9)


def _places_shared() -> AbstractContextManager[Any]:
    waiting = EarlyEvents.waiting
    return patch.object(EarlyEvents, "waiting", lambda self, party: waiting(self, PLATFORM))


def _no_crowds() -> AbstractContextManager[Any]:
    add = Tracker.add

    def without(
        self: Tracker, offset: int, timestamp: float, *, size: int = 0, crowded: bool = False
    ) -> None:
        add(self, offset, timestamp, size=size)

    return patch.object(Tracker, "add", without)


def _no_conflict() -> AbstractContextManager[Any]:
    return patch.object(delivery, "_repeated", lambda *_: "duplicate")


def _new_time() -> AbstractContextManager[Any]:
    return patch.object(originals, "PLATFORM_FAULTS", frozenset())


def _unknown_at_once() -> AbstractContextManager[Any]:
    return patch.object(EarlyEvents, "seconds_left", lambda *_: 0.0)


def _closed_is_duplicate() -> AbstractContextManager[Any]:
    async def duplicate(*_: Any) -> str:
        return "duplicate"

    return patch.object(Delivery, "_of_no_running_case", duplicate)


def _letter_in_vain() -> AbstractContextManager[Any]:
    """A refused record whose dead letter cannot be written at once is given up."""
    write = carrier.Carrier.refuse

    async def refuse(self: Any, arrival: Any, place: Place, refusal: Refusal, **how: Any) -> None:
        if not getattr(self, "_once", False):
            self._once = True
            return
        await write(self, arrival, place, refusal, **how)

    return patch.object(carrier.Carrier, "refuse", refuse)


# --- the case and its outbox -----------------------------------------------------------------------------


def _twice() -> AbstractContextManager[Any]:
    return patch.object(Journal, "is_new", lambda *_: True)


def _seen_forgotten() -> AbstractContextManager[Any]:
    """A new run does not know what the one before it has had."""
    made = Journal.model_post_init

    def forget(self: Journal, context: Any, /) -> None:
        made(self, context)
        self._seen.clear()

    return patch.object(Journal, "model_post_init", forget)


def _by_chance() -> AbstractContextManager[Any]:
    def take(self: Inbox) -> list[Any]:
        taken, self._waiting = self._waiting, []
        return sorted(taken, key=lambda each: each.event.id)

    return patch.object(Inbox, "take", take)


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


FENCE = "tests/unit/activities/test_fence.py"
SUSPECTS = "tests/unit/activities/test_suspects.py"
AVAILABILITY = "tests/unit/activities/test_availability.py"
GATEWAY = "tests/unit/workers/gateway"
CASE = "tests/unit/workflows/case"
MUTANTS = (
    Mutant("one-partition", "the fence looks at one partition only", _one_partition, (FENCE,)),
    Mutant("by-stamps", "the fence trusts offsets_for_times", _by_stamps, (FENCE,)),
    Mutant("ends-before", "the fence asks for the ends before the deadline", _ends_before, (FENCE,)),
    Mutant("ends-anew", "the fence asks for the ends at every attempt", _ends_anew, (FENCE,)),
    Mutant("no-skew", "the fence does not wait for slow clocks", _no_skew, (FENCE,)),
    Mutant("nothing-holds", "a dead letter holds nothing", _nothing_holds, (SUSPECTS,)),
    Mutant(
        "replay-frees",
        "a replayed dead letter holds nothing before it is carried",
        _replay_frees,
        (SUSPECTS,),
    ),
    Mutant("no-outage", "an outage holds nothing", _no_outage, (AVAILABILITY,)),
    Mutant(
        "first-instant", "what comes at the first instant after the limit is in time", _first_instant, (CASE,)
    ),
    Mutant("no-markers", "a transaction's marker is never passed", _no_markers, (GATEWAY,)),
    Mutant(
        "skip-while-revoked",
        "positions are committed while partitions are taken away",
        _skip_while_revoked,
        (GATEWAY,),
    ),
    Mutant("commit-first", "an offset is committed before its event is carried", _commit_first, (GATEWAY,)),
    Mutant("commit-highest", "the highest finished offset is committed", _commit_highest, (GATEWAY,)),
    Mutant("unordered", "events of one case are carried side by side", _unordered, (GATEWAY,)),
    Mutant(
        "endless-faults", "a fault of the platform's own is tried without end", _endless_faults, (GATEWAY,)
    ),
    Mutant("places-shared", "all parties share the places of early events", _places_shared, (GATEWAY,)),
    Mutant("no-crowds", "one case's events fill the window", _no_crowds, (GATEWAY,)),
    Mutant(
        "no-conflict", "another application under the same id counts as a repeat", _no_conflict, (GATEWAY,)
    ),
    Mutant("new-time", "a replayed dead letter gets a new time", _new_time, (GATEWAY,)),
    Mutant("unknown-at-once", "an early event does not wait for its case", _unknown_at_once, (GATEWAY,)),
    Mutant(
        "closed-is-duplicate",
        "what no running case takes counts as a repeat",
        _closed_is_duplicate,
        (GATEWAY,),
    ),
    Mutant("letter-in-vain", "a refused record is given up", _letter_in_vain, (GATEWAY,)),
    Mutant("twice", "a repeat takes effect again", _twice, (CASE,)),
    Mutant("seen-forgotten", "a new run forgets what came", _seen_forgotten, (CASE,)),
    Mutant("by-chance", "events of one task take effect in any order", _by_chance, (CASE,)),
    Mutant("backwards", "the outbox publishes backwards", _backwards),
    Mutant("letter-dropped", "the outbox drops a letter", _letter_dropped),
)
