"""Judging cases from the outside: from the topics and the archive, never from the processes themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from archive.reader import ArchiveReader
from contracts.terms.identifiers import Party
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.notices import Decided
from contracts.wire.topics import LEDGER, messages_topic
from network.broker.dead_letters import list_dead_letters
from tests.standing import standing
from workers.process.settings import Settings

LOOKS = 20


async def archived(settings: Settings, cases: Iterable[str]) -> dict[str, list[LedgerEntry]]:
    """The cases' ledgers from the archive, once their end is there."""
    reader = ArchiveReader(settings.archive_url)
    try:
        found = {}
        for case in cases:
            async with asyncio.timeout(60):
                while not await reader.closed(case):
                    await asyncio.sleep(0.1)
            assert await reader.faults(case) == []
            found[case] = await reader.entries(case)
        return found
    finally:
        await reader.close()


async def judge(settings: Settings, cases: Iterable[str], *, outcome: str | None = None) -> None:
    """Each case is decided once, its applicant heard that once, and its ledger is whole in both places."""
    cases = list(cases)
    await archived(settings, cases)  # every case has ended
    on_topic: dict[str, dict[int, str]] = {case: {} for case in cases}
    for record in await standing(settings.broker, [LEDGER], cases=cases):
        entry, _ = LedgerEntry.decode(record.value, record.headers)
        known = on_topic[entry.case].setdefault(entry.sequence, entry.hash)
        assert known == entry.hash, f"{entry.case} forks at {entry.sequence}"
    decisions = await _decisions_heard(settings, cases)
    # Read after the topic: what comes to a closed case is refused in its ledger, also while this judges.
    async with asyncio.timeout(60):
        while True:
            ledgers = await archived(settings, cases)
            if all(len(ledgers[case]) >= len(on_topic[case]) for case in cases):
                break
            await asyncio.sleep(0.1)
    for case, entries in ledgers.items():
        assert faults(entries) == []
        stood = [on_topic[case][number] for number in sorted(on_topic[case])]
        assert [entry.hash for entry in entries[: len(stood)]] == stood
        decided = [entry for entry in entries if entry.kind == "decided"]
        assert len(decided) == 1, f"{case} was decided {len(decided)} times"
        assert outcome is None or decided[0].outcome == outcome
        assert len(decisions[case]) == 1, f"the applicant of {case} heard {len(decisions[case])} decisions"


async def _decisions_heard(settings: Settings, cases: list[str]) -> dict[str, set[str]]:
    """The ids of the decisions that each applicant was told; it may take a moment until each was told one."""
    notices = messages_topic(Party.channel("portal"))
    heard: dict[str, set[str]] = {case: set() for case in cases}
    for _ in range(LOOKS):
        for record in await standing(settings.broker, [notices], cases=cases):
            event = Event.decode(record.value, record.headers)
            if event.type == Decided.type:
                heard[event.subject].add(event.id)
        if all(heard.values()):
            break
        await asyncio.sleep(0.5)
    return heard


async def dead_letters(settings: Settings, case: str) -> list[DeadLetter]:
    """The dead letters about a case."""
    return [letter for letter in await list_dead_letters(settings.broker) if letter.key == case.encode()]
