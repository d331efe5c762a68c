"""The cases that are stuck: what the archive has as open, compared with what Temporal does about it.

The watcher counts them, ``seamless case list --stuck`` lists them; both by this code. It only reads, so any
number of copies does no harm.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from pydantic import AwareDatetime, Field
from temporalio.client import Client

from archive.reader import ArchiveReader, CaseRow
from contracts.platform import AWAIT_GATEWAY, BROKEN_CASES, OPEN_CASES, PUBLISH
from contracts.terms.identifiers import SYSTEM, CaseId, Party
from contracts.terms.values import Contract, absent
from workers.watcher.execution import (
    Busy,
    Execution,
    Paused,
    checks_of,
    execution_of,
    how_it_ended,
    said_by,
    why_it_fails,
)

Reason = Literal[
    "fell-back",
    "workflow-gone",
    "paused",
    "task-failing",
    "outbox-failing",
    "check-failing",
    "fence-holding",
    "no-worker",
    "waits-for-nothing",
]
"""Why a case does not go on. docs/operating.md says what fixes each."""

REASONS: tuple[Reason, ...] = get_args(Reason)

TASK_ATTEMPTS = 3
"""From this attempt on a case's step fails: an orchestrator that dies costs one."""

ATTEMPTS = {PUBLISH: 6, AWAIT_GATEWAY: 20}
CHECK_ATTEMPTS = 5
"""From these attempts on an activity fails: after 6 s (the outbox), some 3 minutes (the fence, which has to
wait for the gateway and for operators), and 15 s (a check)."""

UNSERVED_SECONDS = 60.0
"""How long something may wait for a worker: one that restarts takes it within seconds."""

SETTLED_SECONDS = 60.0
"""How long after the end of its workflow the archive may lack a case's last entry."""

PAGE = 1000
AT_ONCE = 8


class StuckCase(Contract):
    """A case that does not go on by itself.

    Attributes:
        since: since when, where that is known.
    """

    case: CaseId
    reason: Reason
    detail: str
    since: AwareDatetime | None = Field(default=None, exclude_if=absent)


class StuckCases:
    """Finds the cases that are stuck.

    The whole archive is compared with the whole of Temporal each time. What neither of them lists is only
    seen by asking for a case by itself. That is done for every case that looks suspicious, or was stuck the
    time before; and for so many of the others, in turn.
    """

    def __init__(
        self, client: Client, archive: ArchiveReader, *, checks: Collection[str], at_most: int | None = None
    ) -> None:
        """
        Args:
            checks: the agencies that take part by an automated check.
            at_most: how many of the unsuspicious open cases are asked for each time; None: all of them.
        """
        self._client = client
        self._archive = archive
        self._busy_holders = {SYSTEM, *(Party.agency(check) for check in checks)}
        self._at_most = at_most
        self._last = ""
        self._in_archive: set[CaseId] = set()
        self._stuck: set[CaseId] = set()
        self._asking = asyncio.Semaphore(AT_ONCE)

    async def find(self) -> list[StuckCase]:
        """Every case that is stuck, as far as it was looked at, by id.

        Raises:
            NoArchive: there is none.
            sqlalchemy.exc.SQLAlchemyError, temporalio.service.RPCError: one of the two does not answer.
        """
        rows = {row.case: row for row in await self._archive.cases(status="open")}
        running = await self._listed(OPEN_CASES)
        reported = await self._listed(f"{OPEN_CASES} AND TemporalReportedProblems IS NOT NULL")
        reported |= await self._listed(f"{OPEN_CASES} AND TemporalPauseInfo IS NOT NULL")
        suspects = (rows.keys() ^ running) | reported | await self._unheard_of(rows.keys() | running)
        suspects |= {case for case, row in rows.items() if self._busy_holders.intersection(row.holders)}
        suspects |= self._stuck
        others = self._in_turn((rows.keys() | running) - suspects)
        found = await asyncio.gather(*(self._look_at(case, rows.get(case)) for case in [*suspects, *others]))
        stuck = sorted((each for each in found if each), key=lambda each: each.case)
        self._stuck = {each.case for each in stuck}
        return stuck

    async def look_at(self, case: CaseId) -> StuckCase | None:
        """Whether this case is stuck."""
        return await self._look_at(case, await self._archive.case(case))

    async def _unheard_of(self, known: Collection[CaseId]) -> set[CaseId]:
        """The cases that ended before they had said anything: neither open in Temporal nor in the archive.
        Those that the archive was once seen to have are not looked for again."""
        broken = await self._listed(BROKEN_CASES)
        self._in_archive &= broken
        asked = broken - self._in_archive - set(known)
        found = await asyncio.gather(*(self._is_in_archive(case) for case in asked))
        self._in_archive |= {case for case, there in zip(asked, found, strict=True) if there}
        return asked - self._in_archive

    async def _is_in_archive(self, case: CaseId) -> bool:
        async with self._asking:
            return await self._archive.case(case) is not None

    async def _listed(self, query: str) -> set[CaseId]:
        listed = self._client.list_workflows(query, page_size=PAGE)
        return {CaseId(each.id) async for each in listed if re.fullmatch(CaseId.pattern, each.id)}

    def _in_turn(self, cases: Collection[CaseId]) -> list[CaseId]:
        """The next of these cases, those opened first before others, beginning after the last one of the time
        before."""
        ordered = sorted(cases, key=_opened)
        if self._at_most is None or len(ordered) <= self._at_most:
            return ordered
        taken = [*(case for case in ordered if _opened(case) > self._last), *ordered][: self._at_most]
        self._last = _opened(taken[-1]) if taken else self._last
        return taken

    async def _look_at(self, case: CaseId, row: CaseRow | None) -> StuckCase | None:
        async with self._asking:
            execution = await execution_of(self._client, case)
            if execution is None or not execution.runs:
                return await self._gone(case, execution)
            if row is None or row.status == "closed":
                row = await self._archive.case(case)  # it may have begun or ended meanwhile
            return await self._running(case, execution, row)

    async def _gone(self, case: CaseId, execution: Execution | None) -> StuckCase | None:
        row = await self._archive.case(case)
        if row is not None and row.status == "closed":
            return None
        if execution is None:
            gone = StuckCase(case=case, reason="workflow-gone", detail="Temporal does not know it")
            return gone if row is not None else None
        if row is None and execution.status == "completed":  # it has said all; the archive is behind
            return None
        if execution.status == "completed" and _younger(execution.closed, SETTLED_SECONDS):
            return None
        said = await how_it_ended(self._client, case, execution)
        detail = f"its workflow is {execution.status}" + (f": {said}" if said else "")
        if row is None:
            detail += "; it has published nothing: its applicant has heard nothing"
        return StuckCase(case=case, reason="workflow-gone", detail=detail, since=execution.closed)

    async def _running(self, case: CaseId, execution: Execution, row: CaseRow | None) -> StuckCase | None:
        said = await said_by(self._client, case, execution)
        if row is not None and row.entries > said.sequence:
            detail = f"its ledger has {row.entries} entries, and Temporal knows of {said.sequence}"
            return StuckCase(case=case, reason="fell-back", detail=detail)
        if execution.paused is not None:
            return _paused(case, "its workflow", execution.paused)
        if execution.attempt >= TASK_ATTEMPTS:
            why = await why_it_fails(self._client, case, execution)
            detail = f"attempt {execution.attempt} of its next step: {why or 'it failed without a word'}"
            return StuckCase(case=case, reason="task-failing", detail=detail)
        if _overdue(execution.waiting_since):
            return StuckCase(
                case=case,
                reason="no-worker",
                detail="no orchestrator takes its next step",
                since=execution.waiting_since,
            )
        for busy in execution.busy:
            if busy.paused is not None:
                return _paused(case, busy.activity, busy.paused)
            if stuck := _failing(case, busy) or _unserved(case, busy):
                return stuck
        idle = not execution.attempt and not execution.busy
        if not idle or row is None or row.entries != said.sequence:
            return None
        if row.holders == (SYSTEM,):
            detail = "nobody has it, and nothing is under way for it"
            return StuckCase(case=case, reason="waits-for-nothing", detail=detail, since=row.updated)
        return await self._unchecked(case, execution, row)

    async def _unchecked(self, case: CaseId, execution: Execution, row: CaseRow) -> StuckCase | None:
        """A case in which an automated check has to answer, and none is under way."""
        holders = {each.id: each for each in row.holders if each.kind == "agency"}
        if self._busy_holders.isdisjoint(holders.values()):
            return None
        stopped = [each for each in await checks_of(self._client, case, execution) if each in holders]
        if not stopped:
            return None
        detail = (
            f"the check of {', '.join(stopped)} failed for good, or its answer does not fit under the law of "
            "the case; it is made again every six hours"
        )
        return StuckCase(case=case, reason="check-failing", detail=detail, since=row.updated)


def _opened(case: CaseId) -> str:
    """What sorts cases by when they were opened: the part of their id that is a UUID of version 7."""
    return case[-36:]


def _paused(case: CaseId, what: str, paused: Paused) -> StuckCase:
    by = f" by {paused.by}" if paused.by else ""
    why = f": {paused.why}" if paused.why else ""
    return StuckCase(case=case, reason="paused", detail=f"{what} is paused{by}{why}", since=paused.since)


def _failing(case: CaseId, busy: Busy) -> StuckCase | None:
    if not busy.failure or busy.attempt < ATTEMPTS.get(busy.activity, CHECK_ATTEMPTS):
        return None
    reasons: dict[str, Reason] = {PUBLISH: "outbox-failing", AWAIT_GATEWAY: "fence-holding"}
    detail = f"{busy.activity}, attempt {busy.attempt}: {busy.failure}"
    return StuckCase(case=case, reason=reasons.get(busy.activity, "check-failing"), detail=detail)


def _unserved(case: CaseId, busy: Busy) -> StuckCase | None:
    if not _overdue(busy.waiting_since):
        return None
    detail = f"no worker takes {busy.activity}"
    return StuckCase(case=case, reason="no-worker", detail=detail, since=busy.waiting_since)


def _overdue(since: datetime | None) -> bool:
    return since is not None and not _younger(since, UNSERVED_SECONDS)


def _younger(moment: datetime | None, seconds: float) -> bool:
    return moment is not None and datetime.now(UTC) - moment < timedelta(seconds=seconds)


def counted(found: Iterable[StuckCase]) -> dict[Reason, int]:
    """How many cases are stuck for each reason, those for which none is included."""
    counts = dict.fromkeys(REASONS, 0)
    for each in found:
        counts[each.reason] += 1
    return counts
