"""The demonstration from start to finish: stack, agencies, applicants, progress, report."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from archive.reader import ArchiveReader
from contracts.procedures.construction_permit import (
    CIVIL_AIR_DEFENCE,
    ENVIRONMENT,
    FIRE_SAFETY,
    HOUSING,
    PLANNING,
    SERVICE_HALL,
)
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry
from deploy.local.stack import Stack
from network.broker.dead_letters import list_dead_letters
from network.broker.ledger import LedgerFollower
from seamless.demo import agency as agency_process
from seamless.demo.applicants import Applicants, new_cases
from seamless.demo.assumptions import plan
from seamless.demo.report import Report, report
from seamless.town.draws import number_of

SYSTEMS = (HOUSING, PLANNING, FIRE_SAFETY, CIVIL_AIR_DEFENCE, ENVIRONMENT, SERVICE_HALL)
LIMIT_FACTOR = 3.0
"""How many times the longest path may pass before a case counts as undecided."""


@dataclass
class Progress:
    """Where the run is: how many cases are at which point."""

    applied: int = 0
    open: int = 0
    closed: int = 0
    entries: int = 0


async def demonstrate(
    stack: Stack,
    *,
    cases: int,
    seed: int,
    day_seconds: float,
    apart_seconds: float,
    show: Callable[[Progress], None],
) -> Report:
    """Run the demonstration on a started stack and report on it."""
    for agency in SYSTEMS:
        stack.run(f"demo-{agency}", agency_process, agency, str(seed), str(day_seconds))
    await stack.ready()
    ids = new_cases(cases)
    applicants = Applicants(stack.settings, seed=seed, day_seconds=day_seconds)
    letters_before = await _dead_letters(stack)
    async with LedgerFollower(stack.settings.broker) as follower:
        answering = asyncio.create_task(applicants.answer())
        applying = asyncio.create_task(applicants.apply(ids, apart_seconds=apart_seconds))
        try:
            longest = max(plan(seed, number_of(case)).critical_path_days for case in ids)
            limit = cases * apart_seconds + LIMIT_FACTOR * longest * day_seconds + 60
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    await _until_closed(follower, set(ids), show)
        finally:
            for task in (applying, answering):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
    ledgers, broken = await _archived(stack, ids)
    letters = await _dead_letters(stack) - letters_before
    return report(ledgers, seed=seed, day_seconds=day_seconds, broken=broken, dead_letters=letters)


async def _until_closed(
    follower: LedgerFollower, waiting: set[CaseId], show: Callable[[Progress], None]
) -> None:
    progress = Progress()
    async for entry in follower:
        if entry.case not in waiting:
            continue
        progress.entries += 1
        if entry.kind == "opened":
            progress.applied += 1
            progress.open += 1
        elif entry.kind == "closed":
            progress.closed += 1
            progress.open -= 1
            waiting.discard(entry.case)
        show(progress)
        if not waiting:
            return


async def _archived(stack: Stack, ids: list[CaseId]) -> tuple[dict[str, list[LedgerEntry]], int]:
    """The cases' ledgers from the archive, once it has caught up; and how many of them are broken."""
    reader = ArchiveReader(stack.settings.archive_url)
    try:
        for _ in range(100):
            if all([await reader.closed(case) for case in ids]):
                break
            await asyncio.sleep(0.1)
        broken = [case for case in ids if await reader.faults(case)]
        return {case: await reader.entries(case) for case in ids}, len(broken)
    finally:
        await reader.close()


async def _dead_letters(stack: Stack) -> int:
    return len(await list_dead_letters(stack.settings.broker))
