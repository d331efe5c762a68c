"""Ending a case by hand, so that its ledger, its applicant and its agencies say so.

A case that runs ends itself. One whose workflow is gone, or cannot take another step, has its ledger closed
from outside: after its last entry, which a complete archive has to prove, and once nothing that its workflow
had under way can be published any more. Two ends would fork the ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from archive.reader import ArchiveReader, entries_of
from contracts.platform import CANCEL, CASES_QUEUE, CLOSE_LEDGER, Cancellation
from contracts.terms.directory import Directory
from contracts.terms.errors import Damaged, InvalidInput
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import faults
from network.broker.connection import Broker
from seamless.operate.closing import closing_of
from seamless.operate.proven import proven
from workers.watcher.execution import RPC_TIMEOUT, Execution, execution_of
from workers.watcher.stuck import StuckCases

TAKEN_SECONDS = 20.0
"""So long a case gets to end: a healthy one needs a fraction of a second."""

IN_FLIGHT_SECONDS = 35.0
"""For so long after a workflow's end its last outbox activity may still publish: its time-out and a bit."""

PAUSE_SECONDS = 0.2


class Cancelling:
    """Ends cases. What is done meanwhile, and takes time, is told to ``tell``."""

    def __init__(
        self,
        client: Client,
        archive: ArchiveReader,
        broker: Broker,
        directory: Directory,
        tell: Callable[[str], None],
    ) -> None:
        self._client = client
        self._archive = archive
        self._broker = broker
        self._directory = directory
        self._tell = tell
        self._stuck = StuckCases(client, archive, checks=directory.checks())

    async def cancel(self, case: CaseId, cancellation: Cancellation, *, force: bool = False) -> None:
        """Return when the case has ended and said so. May be called again after it was broken off.

        Args:
            force: where the case does not end by itself, terminate its workflow and close its ledger from
                outside.

        Raises:
            InvalidInput: there is no such case, or it is closed; or it fell back, and that takes ``force``.
            Damaged: the case has not ended; says what it is stuck at.
            Unavailable: a server is away, or the archive cannot prove where the ledger ends.
        """
        row = await self._archive.case(case)
        execution = await execution_of(self._client, case)
        if row is not None and row.status == "closed" and not (execution and execution.runs):
            raise InvalidInput(f"{case} is closed already")
        if row is None and execution is None:
            raise InvalidInput(f"there is no case {case}")
        if execution is not None and execution.runs:
            if await self._ends_itself(case, cancellation, force=force):
                return
            await self._terminate(case, execution, cancellation)
            execution = await execution_of(self._client, case)
        await self._close_from_outside(case, execution, cancellation)

    async def _ends_itself(self, case: CaseId, cancellation: Cancellation, *, force: bool) -> bool:
        stuck = await self._stuck.look_at(case)
        if stuck is not None and stuck.reason == "fell-back":
            if force:
                return False
            raise InvalidInput(
                f"{case} fell back: {stuck.detail}. What it would say now stands in its ledger already; "
                "--force terminates its workflow and closes its ledger from outside"
            )
        try:
            await self._client.get_workflow_handle(case).signal(CANCEL, cancellation, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            raise InvalidInput(f"{case} has ended meanwhile") from None
        if await self._completed(case):
            return True
        if force:
            return False
        stuck = await self._stuck.look_at(case)
        told = f"{stuck.reason}: {stuck.detail}" if stuck else "it has not come to it yet"
        raise Damaged(
            f"{case} was told to end and has not within {TAKEN_SECONDS:g} s ({told}). It ends by itself once "
            "that is mended; --force terminates its workflow and closes its ledger from outside"
        )

    async def _terminate(self, case: CaseId, execution: Execution, cancellation: Cancellation) -> None:
        reason = f"seamless case cancel --force, by {cancellation.by}: {cancellation.why}"
        handle = self._client.get_workflow_handle(case, run_id=execution.run)
        try:
            await handle.terminate(reason=reason, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                raise

    async def _close_from_outside(
        self, case: CaseId, execution: Execution | None, cancellation: Cancellation
    ) -> None:
        if execution is not None and execution.closed is not None:
            quiet = execution.closed + timedelta(seconds=IN_FLIGHT_SECONDS)
            if (wait := (quiet - datetime.now(UTC)).total_seconds()) > 0:
                self._tell(f"waiting {wait:.0f} s: its workflow may still be publishing what it said last")
                await asyncio.sleep(wait)
        entries = await proven(self._archive, self._broker, lambda db: entries_of(db, case))
        if broken := faults(entries):
            raise Damaged(f"the ledger of {case} is broken, nothing is added to it: {'; '.join(broken)}")
        if not entries:
            self._tell("it has said nothing: there is no ledger to close")
            return
        if any(entry.kind == "closed" for entry in entries):
            return
        batch = closing_of(
            entries,
            cancellation,
            administration=self._directory.administration,
            checks=self._directory.checks(),
            now=datetime.now(UTC),
        )
        for refund in (each.entry.fee_refund for each in batch.postings):
            if refund is not None:
                self._tell(
                    f"{refund.amount} {refund.currency} is to be refunded, and the applicant is told so"
                )
        closing = f"close/{case}"
        try:
            await self._client.start_workflow(
                CLOSE_LEDGER,
                batch,
                id=closing,
                task_queue=CASES_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary=f"closes the ledger of {case}",
                rpc_timeout=RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            self._tell("its ledger is being closed already")
        if not await self._completed(closing):
            raise Damaged(
                f"the end of {case} is in the workflow {closing} and not published yet: it is as soon as an "
                "orchestrator runs and Kafka takes it"
            )

    async def _completed(self, workflow: str) -> bool:
        """Whether a workflow has come to its end within :data:`TAKEN_SECONDS`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + TAKEN_SECONDS
        while loop.time() < until:
            execution = await execution_of(self._client, workflow)
            if execution is not None and execution.status == "completed":
                return True
            await asyncio.sleep(PAUSE_SECONDS)
        return False
