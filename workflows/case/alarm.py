"""The one timer of a case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from workflows.case.runtime import Runtime


class Alarm:
    """Rings at the earliest due time.

    An alarm that is set earlier than needed is left alone: it rings without effect and is set again, which
    costs less than cancelling and starting a timer at every step. For what is already due it uses no timer: a
    server that moves a case's clock forgets one of zero length, and moves the clock past everything else.

    Attributes:
        rang: it has rung; whoever acts on it sets this back.
    """

    def __init__(self, runtime: Runtime, now: Callable[[], datetime]) -> None:
        """``now`` is the clock by which it is set, the case's."""
        self.rang = False
        self._runtime = runtime
        self._now = now
        self._at: datetime | None = None
        self._timer: asyncio.Task[None] | None = None

    def set(self, at: datetime, what: str) -> None:
        """Ring at ``at``, or before; immediately if that is past, without a timer: a clock that is moved may
        pass one of zero length before the server has fired it, and what is due would come too late.

        Args:
            what: rings then, for operators, who see it at the timer.
        """
        if at <= self._now():
            self.rang = True
            return
        if self._at is not None and self._at <= at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = asyncio.create_task(self._ring(at, what))

    async def _ring(self, at: datetime, what: str) -> None:
        await self._runtime.sleep((at - self._now()).total_seconds(), summary=what)
        self._at = self._timer = None
        self.rang = True
