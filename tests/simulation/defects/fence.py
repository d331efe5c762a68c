"""Defects of the fence."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, timedelta
from typing import Any
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2

from activities import fence as fence_module
from activities.availability import Availability
from activities.fence import FenceActivity
from activities.suspects import Suspects
from contracts.platform import FencePassed
from tests.simulation.defects.mutant import Mutant
from workflows.case.deadlines import Wait

FENCE = "tests/unit/activities/test_fence.py"
SUSPECTS = "tests/unit/activities/test_suspects.py"
AVAILABILITY = "tests/unit/activities/test_availability.py"
CASE = "tests/unit/workflows/case"


def _one_partition() -> AbstractContextManager[Any]:
    every = FenceActivity._carried

    async def carried(self: FenceActivity, asked: Any) -> None:
        end_of = self._end_of

        async def ends(topic: str, deadline: Any) -> dict[TopicPartition, int]:
            found = await end_of(topic, deadline)
            home = (murmur2(asked.case.encode()) & 0x7FFFFFFF) % len(found)
            return {each: end for each, end in found.items() if each.partition == home}

        with patch.object(self, "_end_of", ends):
            await every(self, asked)

    return patch.object(FenceActivity, "_carried", carried)


def _by_stamps() -> AbstractContextManager[Any]:
    asked = FenceActivity._end_of

    async def end_of(self: FenceActivity, topic: str, deadline: Any) -> dict[TopicPartition, int]:
        partitions = list(await asked(self, topic, deadline))
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
        self._states.clear()
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


def _no_beat() -> AbstractContextManager[Any]:
    return patch.object(Availability, "known_until", lambda *_: True)


def _hold_unseen() -> AbstractContextManager[Any]:
    verdict = Availability.verdict

    def unless_over(self: Availability, *args: Any) -> FencePassed:
        found = verdict(self, *args)
        over = found.held_until is not None and found.held_until <= fence_module.datetime.now(UTC)
        return FencePassed() if over else found

    return patch.object(Availability, "verdict", unless_over)


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
    Mutant("no-beat", "an outage that began just before a deadline is not known", _no_beat, (FENCE,)),
    Mutant(
        "hold-unseen",
        "a hold that is over when the fence is asked is not seen",
        _hold_unseen,
        (AVAILABILITY,),
    ),
)
