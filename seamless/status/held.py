"""Consequences of silence that may not take effect yet: the cases that wait at the fence, and for what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from temporalio.client import Client

from contracts.platform import AWAIT_GATEWAY
from contracts.terms.identifiers import CaseId
from seamless.status.report import Held
from workers.watcher.execution import execution_of

TRIES = 3
"""A consequence that is asked for for the third time is held: a gateway that has just not committed yet is no
reason to look."""
AT_ONCE = 8


async def held_of(client: Client, cases: Iterable[CaseId]) -> list[Held]:
    """Those of these cases in which something is held.

    Raises:
        RPCError: Temporal does not answer.
    """
    asking = asyncio.Semaphore(AT_ONCE)

    async def held(case: CaseId) -> list[Held]:
        async with asking:
            execution = await execution_of(client, case)
        return [
            Held(case=case, reason=busy.kind or "not-known", told=busy.failure)
            for busy in (execution.busy if execution else ())
            if busy.activity == AWAIT_GATEWAY and busy.failure and busy.attempt >= TRIES
        ]

    return [each for found in await asyncio.gather(*map(held, cases)) for each in found]
