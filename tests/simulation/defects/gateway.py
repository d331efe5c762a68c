"""Defects of the gateway."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from contracts.terms.errors import Refusal
from contracts.terms.identifiers import PLATFORM
from contracts.wire.dead_letter import Place
from tests.simulation.defects.mutant import Mutant
from workers.gateway import carrier, delivery, gateway, originals
from workers.gateway.chains import Chains
from workers.gateway.delivery import Delivery
from workers.gateway.early_events import EarlyEvents
from workers.gateway.tracker import Tracker

GATEWAY = "tests/unit/workers/gateway"


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


MUTANTS = (
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
)
