"""In which variant a new case is opened, where a pilot assigns the cases of its procedure."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import get_args

from prometheus_client import Counter
from temporalio.client import Client

from activities.assigning import assigning_runs, assignment_of
from contracts.admission import NewCase
from contracts.pilots import ABSENCE_KEPT_SECONDS, Arm, Incoming
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.errors import Unavailable

AT_ONCE = 4
"""How many cases of a procedure one gateway has assigned at the same time. Temporal takes 10 updates of one
workflow at once; and where no orchestrator answers, no more deliveries than these wait for it."""

ASSIGNED = Counter(
    "seamless_cases_assigned_total",
    "Cases opened in the variant to which a pilot assigned them.",
    ["procedure", "arm"],
)
for _procedure, _item in CATALOGUE.items():
    if any(len(law.variants) > 1 for law in _item.laws):
        for _arm in get_args(Arm):
            ASSIGNED.labels(_procedure, _arm)  # a rate does not see the first increase of a series it begins


class Busy(Unavailable):
    """As many cases of the procedure are being assigned as may be: try again."""


class Assigner:
    """Asks the workflow that assigns the cases of a procedure, where there is one.

    Whether there is one is asked once in ``ABSENCE_KEPT_SECONDS`` for all cases of a procedure, and only
    where the law version knows several variants: without a pilot, cases are opened as fast as before.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._seen: defaultdict[str, _Seen] = defaultdict(_Seen)

    async def assigned(self, admitted: NewCase, opens: Callable[[NewCase], Awaitable[bool]]) -> NewCase:
        """The application, in the variant that a pilot says; as it is where none does.

        Args:
            opens: whether it opens a case, in whatever variant of its law version. Only then it is assigned:
                each place in a block is for a case that begins.

        Raises:
            Unavailable: who assigns has not answered; try again.
            RPCError: of Temporal; try again.
        """
        procedure = admitted.item.procedure
        if len(admitted.law.variants) == 1 or not await self._has_pilot(procedure):
            return admitted
        if not await opens(admitted):
            return admitted
        seen = self._seen[procedure]
        if seen.asking >= AT_ONCE:
            raise Busy(f"{AT_ONCE} cases of {procedure} are being assigned; this one is next")
        seen.asking += 1
        try:
            incoming = Incoming(case=admitted.case, law=admitted.law.id)
            said = await assignment_of(self._client, procedure, incoming)
        finally:
            seen.asking -= 1
        if said is None or said.variant is None:
            return admitted
        drawn = said if said.arm else None
        return replace(admitted, variant=said.variant, variant_basis=said.basis, assigned=drawn)

    async def _has_pilot(self, procedure: str) -> bool:
        """Whether there is a workflow that assigns its cases, or was shortly before."""
        seen = self._seen[procedure]
        async with seen.looking:
            asked = self._clock()  # before the question: a pilot may begin while it is on its way
            if seen.looked is None or asked - seen.looked >= ABSENCE_KEPT_SECONDS:
                seen.there = await assigning_runs(self._client, procedure)
                seen.looked = asked
            return seen.there


@dataclass
class _Seen:
    """What is known of the pilot of a procedure.

    Attributes:
        there, looked: whether there was one, and when that was asked.
        looking: held by who asks.
        asking: how many cases are being assigned.
    """

    there: bool = False
    looked: float | None = None
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    asking: int = 0


def count_assigned(started: NewCase) -> None:
    """Count a case that was opened, if a pilot had assigned it."""
    if started.assigned is not None and started.assigned.arm is not None:
        ASSIGNED.labels(started.item.procedure, started.assigned.arm).inc()
