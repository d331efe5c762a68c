"""When two states of a case are equal, and what is kept of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from contracts.wire.ledger import LedgerEntry
from seamless.explore.frames import Standing
from seamless.explore.graph import Happening, Open, local
from seamless.explore.opening import DAY
from seamless.explore.play import Play
from seamless.explore.seen import Seen
from workflows.case.deadlines import Wait


def key_of(play: Play, stands: Standing, seen: Seen, silent: frozenset[str], odd: int) -> tuple[Any, ...]:
    """What makes two states one."""
    case, journal = play.case, play.journal
    if case.closed:
        return "closed", repr(case.decision), seen
    ends = sorted({wait.end for wait in journal.waits.values() if wait.end is not None})
    waits = tuple(
        (
            local(wait.step), wait.holder, wait.passed, wait.owed, wait.unanswered, wait.stands_still,
            ends.index(wait.end) if wait.end else None, wait.fields, wait.step in silent,
        )
        for wait in journal.waits.values()
    )  # fmt: skip
    clock = case.clock
    return (
        stands.seen,
        waits,
        odd,
        seen,
        tuple((fact.name, repr(fact.data.get("amount", fact.data))) for fact in journal.facts),
        json.dumps(journal.supplements, sort_keys=True, default=str),
        journal.decided,
        repr(journal.silence),
        tuple((each.name, each.over) for each in journal.stages.values() if each.otherwise),
        (clock.started is None, clock.stopped is None, len(clock.suspended), clock.statutory),
        bool(journal.refundable),
        journal.default is not None and (journal.default.begun, journal.default.told),
    )


def happening(entry: LedgerEntry, opens: datetime) -> Happening:
    """An entry as a story tells it, of a case that was opened then."""
    return Happening(
        entry.kind,
        (entry.recorded - opens) / DAY,
        entry.step,
        entry.agency,
        entry.outcome,
        entry.reason,
        entry.material_codes or (),
    )


def open_step(wait: Wait) -> Open:
    """A step that is open."""
    return Open(
        wait.step, wait.holder, wait.limit, tuple(wait.ladder), wait.referred_by is not None, wait.basis,
        wait.wants, wait.owed is not None,
    )  # fmt: skip
