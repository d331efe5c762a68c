"""The watcher's process: counts stuck cases and waiting dead letters."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from archive.completeness import NoArchive
from archive.reader import ArchiveReader
from contracts.terms.identifiers import CaseId
from contracts.wire.topics import DEAD_LETTER
from network.broker.follower import TopicFollower
from workers.process.attendance import attended
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings
from workers.process.temporal import await_temporal
from workers.watcher.letters import WaitingLetters
from workers.watcher.stuck import StuckCase, StuckCases, counted

log = structlog.get_logger(__name__)

ASKED_FOR_AT_MOST = 200
"""How many unsuspicious cases are asked for each time: a hundredth of what a small server answers in a
minute."""

STUCK = Gauge("seamless_cases_stuck", "Cases that do not go on by themselves, by why.", ["reason"])
COUNTED = Gauge(
    "seamless_cases_stuck_counted_timestamp_seconds",
    "When the stuck cases were counted last; the count is as old as that. Not a number before.",
)
COUNTED.set(math.nan)


async def run(settings: Settings) -> None:
    """Count the stuck cases every ``settings.watch_seconds`` until cancelled, once all checks of Temporal
    pass. While a server or database is away, the age of the count tells. Any number of watchers may run: each
    counts all cases.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
    """
    if settings.virtual_time:  # a log is replayed, on clocks that stand still for long: nobody operates it
        set_ready()
        await asyncio.Event().wait()
    async with attended(settings, "temporal", "archive"):
        await _watch(settings)


async def _watch(settings: Settings) -> None:
    letters = WaitingLetters()
    follower = TopicFollower(settings.broker, (DEAD_LETTER,), letters.take)
    letters.show(lambda: follower.read_once)
    following = asyncio.create_task(follower.run())  # waits by itself while the broker is away
    try:
        await _count(settings)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _count(settings: Settings) -> None:
    client = await await_temporal(settings, "watcher")
    archive = ArchiveReader(settings.archive_url)
    cases = StuckCases(client, archive, checks=settings.directory.checks(), at_most=ASKED_FOR_AT_MOST)
    known: dict[CaseId, StuckCase] = {}
    set_ready()
    try:
        while True:
            try:
                found = await cases.find()
            except (NoArchive, SQLAlchemyError, RPCError) as error:
                log.warning("stuck cases not counted", error=f"{type(error).__name__}: {error}")
            else:
                _tell(found, known)
            await asyncio.sleep(settings.watch_seconds)
    finally:
        await archive.close()


def _tell(found: Iterable[StuckCase], known: dict[CaseId, StuckCase]) -> None:
    """Show the count, and log each case once when it is found stuck, and once when it no longer is."""
    now = {stuck.case: stuck for stuck in found}
    for reason, count in counted(now.values()).items():
        STUCK.labels(reason).set(count)
    COUNTED.set(time.time())
    for case, stuck in now.items():
        if case not in known or known[case].reason != stuck.reason:
            log.error("a case is stuck", case=case, reason=stuck.reason, detail=stuck.detail)
    for case in known.keys() - now.keys():
        log.info("a case is stuck no longer", case=case, reason=known[case].reason)
    known.clear()
    known.update(now)


if __name__ == "__main__":
    run_process("watcher", run)
