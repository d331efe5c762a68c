"""Publishing a calendar: bringing its days to the open cases that count with an earlier version of it.

A case that has them says so in its ledger. So what is left to do is read from the archive, and publishing
goes on where it stopped; a case ignores a calendar that it already has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from archive.reader import ArchiveReader
from contracts.platform import PUBLISH_CALENDAR
from contracts.terms.calendar import LegalCalendar, UnknownCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.errors import InvalidInput, Unavailable
from contracts.terms.values import Contract
from contracts.wire.ledger import LedgerEntry
from workers.process.calendars import version_of
from workers.process.temporal import SIGNAL_LIMIT, is_of_namespace
from workers.watcher.execution import RPC_TIMEOUT

Why = Literal["has-it", "newer", "another-authority", "another-zone", "compressed", "not-known"]
"""Why a case is passed over: it counts with this version already, or with a later one; with a calendar of
another authority, or of another zone; with compressed days; or its ledger does not say with which."""


class Reach(Contract):
    """Whom a calendar is for.

    Attributes:
        cases: the open cases to reach, in the order in which they were opened.
        passed_over: how many open cases are not, by why.
    """

    cases: tuple[str, ...]
    passed_over: dict[Why, int]


Outcome = Literal["told", "unknown", "full"]
"""What came of telling a case: Temporal has no running workflow of it, or that has had all the signals that a
run takes, and takes more once it goes on in a new one."""


class Told(Contract):
    """Which cases were reached.

    Attributes:
        told: how many cases.
        unknown, full: those that were not, see :data:`Outcome`.
    """

    told: int
    unknown: tuple[str, ...] = ()
    full: tuple[str, ...] = ()


class Cases(Protocol):
    """Where cases are told of a calendar."""

    async def tell(self, case: str, days: CalendarDays) -> Outcome:
        """Tell a case."""


class CasesInTemporal:
    """The cases as Temporal runs them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tell(self, case: str, days: CalendarDays) -> Outcome:
        """Tell a case, by a signal.

        Raises:
            RPCError: Temporal does not do it.
        """
        try:
            await self._client.get_workflow_handle(case).signal(
                PUBLISH_CALENDAR, days, rpc_timeout=RPC_TIMEOUT
            )
        except RPCError as error:
            if SIGNAL_LIMIT in error.message:
                return "full"
            if error.status != RPCStatusCode.NOT_FOUND or is_of_namespace(error):
                raise
            return "unknown"
        return "told"


async def reach_of(archive: ArchiveReader, days: CalendarDays) -> Reach:
    """Which open cases a calendar is for: those that count with an earlier version of the same authority.

    Raises:
        InvalidInput: other days have this name already.
    """
    _check_new(days)
    passed_over: dict[Why, int] = {}
    cases: list[str] = []
    zones: dict[str, str] = {}
    for case, name in (await archive.calendars_of_open_cases()).items():
        if name is not None and name not in zones and (known := await _days_of(archive, case, name)):
            if known.name == days.name and known != days:
                raise InvalidInput(
                    f"name: {case} counts with other days that are called {days.name}; days that are "
                    "published never change: give these a later version"
                )
            zones[name] = known.zone
        why = _why_not(name, zones, days)
        if why is None:
            cases.append(case)
        else:
            passed_over[why] = passed_over.get(why, 0) + 1
    return Reach(cases=tuple(cases), passed_over=passed_over)


async def publish(
    reach: Reach, days: CalendarDays, cases: Cases, *, rate: float, tell: Callable[[int], None]
) -> Told:
    """Tell the cases, at most ``rate`` of them a second.

    Args:
        tell: is told how many are done.

    Raises:
        Unavailable: Temporal stopped answering; says how many were told.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    found: dict[Outcome, list[str]] = {"told": [], "unknown": [], "full": []}
    for number, case in enumerate(reach.cases):
        await asyncio.sleep(max(0.0, begun + number / rate - loop.time()))
        try:
            found[await cases.tell(case, days)].append(case)
        except RPCError as error:
            told = len(found["told"])
            raise Unavailable(
                f"Temporal does not take it any more: {error.message}. "
                f"{told} of {len(reach.cases)} cases were reached; run the command again to continue"
            ) from None
        tell(number + 1)
    return Told(told=len(found["told"]), unknown=tuple(found["unknown"]), full=tuple(found["full"]))


def _check_new(days: CalendarDays) -> None:
    try:
        built_in = calendar(days.name)
    except UnknownCalendar:
        return
    if isinstance(built_in, LegalCalendar) and built_in.days != days:
        raise InvalidInput(
            f"name: the calendar {days.name} of this release has other days; days that are published never "
            "change: give these a later version"
        )


def _why_not(name: str | None, zones: Mapping[str, str], days: CalendarDays) -> Why | None:
    if name is None:
        return "not-known"
    if name == days.name:
        return "has-it"
    theirs, ours = version_of(name), version_of(days.name)
    if theirs is None or ours is None:
        return "compressed" if name.startswith("compressed:") else "not-known"
    if theirs[0] != ours[0]:
        return "another-authority"
    if zones.get(name, days.zone) != days.zone:
        return "another-zone"
    return None if theirs[1] < ours[1] else "newer"


async def _days_of(archive: ArchiveReader, case: str, name: str) -> CalendarDays | None:
    """The days of a calendar version that a case counts with: the package's, or those in its ledger, which
    has them once its clock has begun or it was told of them. None where there are none, or not yet."""
    try:
        known = calendar(name)
    except UnknownCalendar:
        return _days_in(await archive.entries(case), name)
    return known.days if isinstance(known, LegalCalendar) else None


def _days_in(entries: Sequence[LedgerEntry], name: str) -> CalendarDays | None:
    marks = [entry.clock for entry in entries if entry.clock is not None and entry.clock.days is not None]
    return next((mark.days for mark in marks if mark.calendar == name), None)
