"""A fake of the archive, and how cases are told of a calendar that is published."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.errors import Refusal
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import LEDGER
from seamless.operate.publishing import CasesInTemporal, Outcome
from tests.simulation.clock import VirtualLoop
from tests.simulation.kafka import Stored


class FakeArchive:
    """What the archive knows: the ledger's topic, some time behind, and now and then an old backup."""

    def __init__(self, loop: VirtualLoop, chance: random.Random) -> None:
        self._loop, self._chance = loop, chance
        self.ledgers: dict[str, dict[int, LedgerEntry]] = {}

    def hear(self, record: Stored) -> None:
        if record.topic == LEDGER:
            self._loop.call_later(self._chance.uniform(0.01, 0.5), self._write, record)

    def _write(self, record: Stored) -> None:
        with suppress(Refusal):
            entry, _ = LedgerEntry.decode(record.value, record.headers)
            self.ledgers.setdefault(entry.case, {}).setdefault(entry.sequence, entry)

    async def opening(self, case: str) -> LedgerEntry | None:
        return self.ledgers.get(case, {}).get(1)

    async def caused_by(self, case: str, cause: str) -> list[LedgerEntry]:
        return [each for each in self.ledgers.get(case, {}).values() if each.cause == cause]

    async def closed(self, case: str) -> bool:
        return any(each.kind == "closed" for each in self.ledgers.get(case, {}).values())

    async def entries(self, case: str) -> list[LedgerEntry]:
        return [entry for _, entry in sorted(self.ledgers.get(case, {}).items())]

    async def calendars_of_open_cases(self) -> dict[str, str | None]:
        latest = {case: entries[max(entries)] for case, entries in self.ledgers.items()}
        return {case: entry.calendar for case, entry in latest.items() if entry.kind != "closed"}


class Telling(CasesInTemporal):
    """Tells cases of a calendar, and remembers whom it has told, and whom it tried to tell: if the reply is
    lost, the case may have heard of it.
    """

    def __init__(
        self, client: Any, told: dict[tuple[str, str], float], tried: dict[tuple[str, str], float]
    ) -> None:
        super().__init__(client)
        self._told, self._tried = told, tried

    async def tell(self, case: str, days: CalendarDays) -> Outcome:
        self._tried.setdefault((case, days.name), asyncio.get_running_loop().time())
        outcome = await super().tell(case, days)
        if outcome == "told":
            self._told.setdefault((case, days.name), asyncio.get_running_loop().time())
        return outcome
