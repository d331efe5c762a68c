"""Cases of the twin, lived on a real Temporal server: the same ledger, entry for entry.

Each case of the twin is told the same events at the same instants, by the worker and in the sandbox of the
orchestrator, on a clock of its own. How entries are compared is in ``tests/same_ledger.py``: kind, step,
outcome, reason, holders, agency, officer, actor, fees, clock marks, content, and all else exactly; each
instant to the minute, since the server's clock goes on while the case works, and no hash, for the same
reason. With them: the messages that left with each entry, and the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from temporalio.client import Client

from contracts.platform import DELIVER, Delivered, Opened, Posting
from seamless.explore.chosen import chosen
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.arrivals import Steady
from seamless.rebuild.twin.conditions import Conditions, Working
from seamless.rebuild.twin.hours import hours_of
from seamless.rebuild.twin.living import Class, LivingCase, Saying, Turn
from seamless.rebuild.twin.world import World
from seamless.testing import CaseUnderTest, opened_case
from tests.cases.test_explored import LATER, systems
from tests.same_ledger import CLOSE, letters_of, told

CALENDAR, FIRST, SEED, AT_ONCE = "cn-2026.1", date(2026, 3, 2), 5, 8

CASES = {
    "opening-restaurant.chain": 12,
    "opening-restaurant.bundle": 16,
    "construction-permit": 20,
    "tree-felling": 16,
    "tree-felling.added-review": 16,
    "environmental-permit": 12,
    "permit-receipt": 8,
}
"""How many of each; a hundred in all."""

OUTCOMES = {
    "check-completeness": {"complete": 0.8, "incomplete": 0.2},
    "inspect-tree": {"fell": 0.8, "keep": 0.2},
    "approve-sign": {"approve": 0.9, "refuse": 0.1},
    "check-fire-safety": {"approve": 0.9, "refuse": 0.1},
    "review-planning": {"consent": 0.6, "consent-with-conditions": 0.3, "refuse": 0.1},
}


class Told(NamedTuple):
    """What a case was told, and how many entries its ledger had after it."""

    event: Delivered
    entries: int


@dataclass
class Noted:
    """A case of the twin in the real code; what it is told is noted."""

    case: LivingCase
    told: list[Told] = field(default_factory=list)

    def begin(self) -> Turn:
        return self.case.begin()

    @property
    def due(self) -> float | None:
        return self.case.due

    def ring(self, at: float) -> Turn:
        return self.case.ring(at)

    def say(self, saying: Saying, at: float) -> Turn:
        turn = self.case.say(saying, at)
        self.told.append(Told(self.case.told[-1], len(self.case.postings)))
        return turn

    def end(self) -> None:
        self.case.end()


class Days(dict[str, WorkingTimes]):
    """Every step takes up to three working days: some are late."""

    def get(self, step: str, otherwise: object = None) -> WorkingTimes:  # type: ignore[override]
        return WorkingTimes.between(0.1, 3.0)


class Two(dict[str, int | None]):
    """Each agency has two officers."""

    def get(self, agency: str, otherwise: object = None) -> int:  # type: ignore[override]
        return 2


def drawn() -> Iterator[tuple[Class, Noted]]:
    for name, count in CASES.items():
        way, hours = chosen(name), hours_of(CALENDAR)
        conditions = Conditions(
            procedure=way.procedure,
            law=way.law,
            applications=way.item.examples,
            directory=systems(),
            calendar=CALENDAR,
            hours=hours,
            arrivals=Steady(1.0, hours),
            working=Working(Days(), OUTCOMES, Two(), {"inspect-kitchen": frozenset({1, 3})}),
            first=hours.midnight(FIRST),
        )
        noted: list[Noted] = []

        def note(
            calendar: str, at: float, live: Callable[[], LivingCase], number: int, noted: list[Noted] = noted
        ) -> Noted:
            noted.append(Noted(live()))
            return noted[-1]

        World(conditions, SEED, note).run(count)
        yield from ((way.procedure, each) for each in noted)


async def live(case: CaseUnderTest, noted: Noted) -> None:
    """Tell a case what the twin's was told, at the same instants, and then nothing more."""
    for event, entries in noted.told:
        if (ahead := event.received - case.now) > timedelta(0):
            await case.passes(ahead)
        await case.handle.signal(DELIVER, event)
        await case.until(lambda entries=entries: len(case.entries) >= entries)  # type: ignore[misc]
    last = noted.case.entries[-1].recorded
    if (ahead := last + LATER - case.now) > timedelta(0):
        await case.passes(ahead)


def compare(case: CaseUnderTest, postings: list[Posting]) -> None:
    assert [each.kind for each in case.entries] == [posting.entry.kind for posting in postings]
    for entry, posting in zip(case.entries, postings, strict=True):
        here, there = (told(each.model_dump(mode="json")) for each in (entry, posting.entry))
        assert here[0] == there[0]
        assert all(abs(one - other) < CLOSE for one, other in zip(here[1], there[1], strict=True))
    sent = [{"topic": topic, "type": kind, "data": data} for topic, kind, data in case.post.letters]
    expected = [letter for posting in postings for letter in letters_of(posting)]
    assert [told(each)[0] for each in sent] == [told(each)[0] for each in expected]


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_hundred_cases_of_the_twin_have_the_ledgers_that_the_engines_write(temporal: Client) -> None:
    cases = list(drawn())
    assert len(cases) == 100
    kinds = {posting.entry.kind for _, noted in cases for posting in noted.case.postings}
    assert {"answered", "received", "reminded", "deemed", "supplemented", "paid", "cancelled"} <= kinds
    turns = asyncio.Semaphore(AT_ONCE)

    async def lived(procedure: Class, noted: Noted) -> None:
        opened: Opened[Any] = noted.case.opened
        async with turns, opened_case(procedure, opened, temporal) as case:
            await live(case, noted)
            closing = await case.closing()
            compare(case, noted.case.postings)
            assert noted.case.closing is not None
            assert (closing.decision, closing.entries) == (
                noted.case.closing.decision,
                noted.case.closing.entries,
            )

    async with asyncio.TaskGroup() as group:
        for procedure, noted in cases:
            group.create_task(lived(procedure, noted))
