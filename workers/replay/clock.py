"""Moving a case's clock: each case has its own on the real server, and a replay drives it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from workers.entry import UsageError

RETRY_SECONDS = 0.5
NUDGE_SECONDS = 20.0
NUDGE, FIRING_SECONDS = timedelta(seconds=1), 3.0
"""Under load, clocks were seen to stand still on their way over a timer; moved far at once, they went over it
before it fired. So such a clock is moved a little first, and the timer has time to fire."""

log = structlog.get_logger(__name__)


class Clocks:
    """The clocks of the cases on one server.

    A clock goes with the time there is until it is moved. No case is started with one that runs ahead by
    itself: that would pass a deadline before what comes from outside, in time, is there.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._skipper = TimeSkipper(client)

    async def move(self, case: str, *, opened: datetime, now: datetime, to: datetime) -> None:
        """Move a case's clock to an instant; return when all that falls due on the way has taken effect.

        A case that has closed has no clock. While the server is away it is tried again.

        Args:
            opened, now: what the clock showed when the case was opened, and what it shows now.

        Raises:
            UsageError: the server has no such clocks.
        """
        handle = self._client.get_workflow_handle(case)
        left, unsure, standing = to - now, False, False
        while left > timedelta(0):
            try:
                if unsure:  # whether it was moved: it began, by the server's time, when the case was started
                    described = await handle.describe()
                    if described.status != WorkflowExecutionStatus.RUNNING:
                        return
                    left = described.start_time + (to - opened) - await self._skipper.get_current_time(handle)
                if left > timedelta(0):
                    async with asyncio.timeout(NUDGE_SECONDS):
                        came = await self._skipper.fast_forward(handle, NUDGE if standing else left)
                    if came and not standing:
                        return
                    standing = standing and not came
                    await asyncio.sleep(FIRING_SECONDS if came else 0)
            except TimeoutError:
                standing = True
                log.warning("a clock did not come to where it was moved, and is moved again", case=case)
            except RPCError as error:
                if error.status in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT):
                    raise UsageError(
                        f"this Temporal server gives cases no clocks of their own ({error.message}); "
                        "start it with the dynamic configuration frontend.WorkflowTimeSkippingEnabled=true",
                        exit_code=3,
                    ) from None
                # Not found is said of a case that has closed; and of a running one whose worker was killed.
                log.debug("a clock could not be moved", case=case, error=error.message)
            unsure = True
            await asyncio.sleep(RETRY_SECONDS)
