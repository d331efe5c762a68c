"""How a process deals with the servers that it uses: it starts work when all is well, and watches them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import get_args

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from archive.completeness import NoArchive
from archive.reader import ArchiveReader
from contracts.terms.errors import InvalidInput, Unavailable
from workers.process.checks.check import Check, Finding, make, of_servers
from workers.process.checks.every import CHECKS
from workers.process.checks.servers import Server
from workers.process.readiness import READINESS, Readiness
from workers.process.settings import Settings
from workers.process.temporal import answers, connect_to_server

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
WATCH_SECONDS, AWAY_SECONDS = 2.0, 0.5
"""How often each server is asked whether it answers; and how often one that is away."""
ANSWER_SECONDS = 3.0
"""How long a server may take to answer."""
SILENCE_SECONDS = 15.0
"""How long all of it may take, including the diagnosis of a server that is away."""

Probe = Callable[[], Awaitable[None]]
"""Returns if a server answers; raises :class:`Unavailable`, with why not."""


@contextlib.asynccontextmanager
async def attended(settings: Settings, *servers: Server) -> AsyncIterator[None]:
    """Work with these servers: begin once all checks of them pass. Until then, and whenever one of them is
    away later, the process is not ready and says why.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
    """
    await until_well(settings, of_servers(CHECKS, servers))
    async with contextlib.AsyncExitStack() as probing:
        watching = [
            asyncio.create_task(watch(away(server), _probe(server, settings, probing))) for server in servers
        ]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)


def away(server: str) -> str:
    """The reason of a process that is not ready because this server does not answer."""
    return f"{server}-away"


async def until_well(
    settings: Settings, checks: Sequence[Check], *, readiness: Readiness = READINESS
) -> None:
    """Return once all of these checks pass, made again and again.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
    """
    final = {check.name for check in checks if check.final}
    reasons: set[str] = set()
    pause = FIRST_PAUSE_SECONDS
    while True:
        bad = [finding for finding in await make(checks, settings) if finding.result != "well"]
        for finding in bad:
            if finding.result == "wrong" and finding.check in final:
                raise InvalidInput(_told(finding))
        now = dict(_hindrances(bad))
        for reason in reasons - now.keys():
            readiness.clear(reason)
        for reason, why in now.items():
            readiness.hinder(reason, why)
        if not now:
            return
        reasons = set(now)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _hindrances(bad: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Why a process cannot begin: reasons, each with a sentence. What could not be compared because a server
    is away is not a reason of its own."""
    servers = {finding.check for finding in bad} & set(get_args(Server))
    for finding in bad:
        if finding.check in servers:
            yield away(finding.check), finding.compared
        elif finding.result == "wrong":
            yield finding.check, _told(finding)
        elif not servers:
            yield finding.check, finding.compared


def _told(finding: Finding) -> str:
    return f"{finding.check}: {finding.compared}. What to do: {finding.cure}"


async def watch(reason: str, probe: Probe, *, readiness: Readiness = READINESS) -> None:
    """Ask a server at intervals whether it answers, until cancelled; while it does not, the process is not
    ready."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await probe()
        except Unavailable as error:
            why = str(error)
        except TimeoutError:
            why = f"no answer within {SILENCE_SECONDS:g} s"
        except Exception as error:  # a watch that ended would leave the process ready for ever
            why = f"{type(error).__name__}: {error}"
        else:
            readiness.clear(reason)
            await asyncio.sleep(WATCH_SECONDS)
            continue
        readiness.hinder(reason, why)
        await asyncio.sleep(AWAY_SECONDS)


def _probe(server: Server, settings: Settings, probing: contextlib.AsyncExitStack) -> Probe:
    if server == "kafka":
        return lambda: settings.broker.reach(within_ms=round(ANSWER_SECONDS * 1000))
    if server == "temporal":
        return _TemporalProbe(settings)
    reader = ArchiveReader(settings.archive_url)
    probing.push_async_callback(reader.close)

    async def read() -> None:
        try:
            await reader.positions()
        except (NoArchive, SQLAlchemyError) as error:
            raise Unavailable(f"the archive cannot be read: {error}") from None

    return read


class _TemporalProbe:
    """Asks Temporal, through one client for as long as the process lives."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None

    async def __call__(self) -> None:
        if self._client is None:
            self._client = await connect_to_server(self._settings)
        try:
            await answers(self._client, within=timedelta(seconds=ANSWER_SECONDS))
        except RPCError as error:
            raise Unavailable(
                f"Temporal at {self._settings.temporal} does not answer: {error.status.name}: {error}"
            ) from None
