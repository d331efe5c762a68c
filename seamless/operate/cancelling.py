"""Ending a case on an operator's order, so that its ledger, its applicant and its agencies are told.

A case that runs ends itself, by an order on the operators' topic. One whose workflow is gone, or cannot take
another step, has its ledger closed from outside: after its last entry, which a complete archive has to prove,
and once nothing that its workflow had under way can be published any more. Two ends would fork the ledger.
One that has published nothing is opened again first, and ends itself: its applicant gets an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from archive.reader import ArchiveReader, CaseRow, entries_of
from contracts.platform import CASES_QUEUE, CLOSE_LEDGER, Batch
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory
from contracts.terms.errors import Damaged, InvalidInput, Refusal
from contracts.terms.identifiers import OPERATOR, CaseId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.orders import CancelOrdered, order_of
from contracts.wire.topics import events_topic
from network.broker.connection import Broker
from network.broker.publisher import Publisher
from network.broker.whole import whole_topic
from network.parties.operator import Given, OperatorClient
from seamless.operate.closing import closing_of
from seamless.operate.proven import proven
from seamless.operate.restarting import open_anew
from workers.watcher.execution import RPC_TIMEOUT, Execution, execution_of
from workers.watcher.stuck import StuckCases

TAKEN_SECONDS = 20.0
"""How long a case may take to end: a healthy one needs a fraction of a second."""

IN_FLIGHT_SECONDS = 35.0
"""How long after a workflow's end its last outbox activity may still publish: its time-out and a bit."""

PAUSE_SECONDS = 0.2

ANEW = "it is opened again with its application, and ordered to end"


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

    async def cancel(self, case: CaseId, order: CancelOrdered, *, force: bool = False) -> str | None:
        """Return when the case has ended and said so; or, where another person has to confirm it, the id of
        the order that they confirm. May be called again after it was broken off.

        Args:
            force: where the case does not end by itself, terminate its workflow and close its ledger from
                outside.

        Raises:
            InvalidInput: there is no such case, or it is closed; or it fell back, and that takes ``force``;
                or another person has to order it, too.
            Damaged: the case has not ended; says what it is stuck at.
            Unavailable: a server is away, or the archive cannot prove where the ledger ends.
        """
        row, execution = await self._known(case)
        runs = execution is not None and execution.runs
        heard, event = False, self._event(order, case)
        if runs and not await self._has_fallen_back(case, force=force):
            proposed, ended = await self._order(case, event)
            if proposed or ended:
                return proposed
            if not force:
                raise Damaged(await self._why_not_ended(case))
            heard = True
        await self._check_second(row, case, event, order, given=heard)
        if execution is not None and runs:
            await self._terminate(case, execution, order)
            execution = await execution_of(self._client, case)
        entries = await self._said(case, execution)
        if not entries:
            return await self._end_anew(case, execution, event)
        await self._close_from_outside(case, entries, event)
        if not heard:  # only there is who gave it; its effect is in the ledger, so the gateway drops it
            await self._send(event)
        return None

    async def foreseen(self, case: CaseId) -> str:
        """What :meth:`cancel` would do, in words.

        Raises:
            InvalidInput: there is no such case, or it is closed.
        """
        row, execution = await self._known(case)
        item = CATALOGUE.get(row.procedure) if row else None
        second = item is not None and "cancel" in item.two_persons
        asked = "; another person would have to confirm it" if second else ""
        if row is None and execution is not None and not execution.runs:
            return f"its workflow is gone, and it has published nothing: {ANEW}"
        if execution is None or not execution.runs:
            return f"its workflow is gone: its ledger would be closed from outside{asked}"
        if stuck := await self._stuck.look_at(case):
            return f"it would be ordered to end, and is stuck ({stuck.reason}: {stuck.detail}){asked}"
        return f"it would end itself, broken off{asked}"

    async def _known(self, case: CaseId) -> tuple[CaseRow | None, Execution | None]:
        row = await self._archive.case(case)
        execution = await execution_of(self._client, case)
        if row is not None and row.status == "closed" and not (execution and execution.runs):
            raise InvalidInput(f"{case} is closed already")
        if row is None and execution is None:
            raise InvalidInput(f"there is no case {case}")
        return row, execution

    async def _has_fallen_back(self, case: CaseId, *, force: bool) -> bool:
        stuck = await self._stuck.look_at(case)
        if stuck is None or stuck.reason != "fell-back":
            return False
        if force:
            return True
        raise InvalidInput(
            f"{case} fell back: {stuck.detail}. What it would publish now is already in its ledger; "
            "--force terminates its workflow and closes its ledger from outside"
        )

    async def _order(self, case: CaseId, order: Event) -> tuple[str | None, bool]:
        """Order a running case to end: the id of the order, where another person has to confirm it; and
        whether the case has ended.

        Raises:
            InvalidInput: it refused.
        """
        given = await self._give(order)
        if given.fate == "proposed":
            return given.order, False
        if given.refusal is not None:
            raise InvalidInput(f"{case} is not ended: {given.refusal}")
        return None, await self._completed(case, TAKEN_SECONDS if given.fate == "taken" else 0)

    async def _end_anew(self, case: CaseId, execution: Execution | None, order: Event) -> str | None:
        """End a case that has published nothing. There is no ledger to close, and its applicant does not even
        know that the application has come: so it is opened again, and ends itself."""
        if execution is None:
            raise InvalidInput(f"there is no case {case}")
        self._tell(f"it has published nothing: {ANEW}")
        await open_anew(self._client, case, execution.run)
        proposed, ended = await self._order(case, order)
        if not proposed and not ended:
            raise Damaged(await self._why_not_ended(case))
        return proposed

    def _event(self, order: CancelOrdered, case: CaseId) -> Event:
        return self._operators(Publisher(self._broker)).event(order, case)

    def _operators(self, publisher: Publisher) -> OperatorClient:
        return OperatorClient(publisher, self._directory.administration)

    async def _give(self, order: Event) -> Given:
        """Order it on the operators' topic; what became of that within :data:`TAKEN_SECONDS`."""
        async with Publisher(self._broker) as publisher:
            return await self._operators(publisher).give(order, within_seconds=TAKEN_SECONDS)

    async def _send(self, order: Event) -> None:
        async with Publisher(self._broker) as publisher:
            await self._operators(publisher).send(order)

    async def _why_not_ended(self, case: CaseId) -> str:
        stuck = await self._stuck.look_at(case)
        told = f"{stuck.reason}: {stuck.detail}" if stuck else "it has not come to it yet"
        return (
            f"{case} was ordered to end and has not within {TAKEN_SECONDS:g} s ({told}). It ends by itself "
            "once that is fixed and a gateway runs; --force terminates its workflow and closes its "
            "ledger from outside"
        )

    async def _check_second(
        self, row: CaseRow | None, case: CaseId, event: Event, order: CancelOrdered, *, given: bool
    ) -> None:
        """Return if a case may be ended from outside: where its service item requires two persons for that,
        if another one has ordered it, too.

        Args:
            event: that carries the order.
            given: it is on the operators' topic.

        Raises:
            InvalidInput: nobody else has; this order is there for them to find.
        """
        item = CATALOGUE.get(row.procedure) if row else None
        if item is None or order.lever not in item.two_persons:
            return
        if any(each.officer != order.officer for each in await cancellations(self._broker, case)):
            return
        if not given:
            await self._send(event)
        raise InvalidInput(
            f"two persons must order that {case} is ended by force, and you are the first: let "
            "another one run this command, too"
        )

    async def _terminate(self, case: CaseId, execution: Execution, order: CancelOrdered) -> None:
        reason = f"seamless case cancel --force: {order.why}"
        handle = self._client.get_workflow_handle(case, run_id=execution.run)
        try:
            await handle.terminate(reason=reason, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                raise

    async def _said(self, case: CaseId, execution: Execution | None) -> list[LedgerEntry]:
        """The whole ledger of a case whose workflow has ended, once nothing is added to it.

        Raises:
            Damaged: it is broken.
            Unavailable: the archive cannot prove where it ends.
        """
        if execution is not None and execution.closed is not None:
            quiet = execution.closed + timedelta(seconds=IN_FLIGHT_SECONDS)
            if (wait := (quiet - datetime.now(UTC)).total_seconds()) > 0:
                self._tell(f"waiting {wait:.0f} s: its workflow may still be publishing what it said last")
                await asyncio.sleep(wait)
        entries = await proven(self._archive, self._broker, lambda db: entries_of(db, case))
        if broken := faults(entries):
            raise Damaged(f"the ledger of {case} is broken, so nothing is added to it: {'; '.join(broken)}")
        return entries

    async def _close_from_outside(self, case: CaseId, entries: Sequence[LedgerEntry], order: Event) -> None:
        if any(entry.kind == "closed" for entry in entries):
            _check_ended_by(entries, order)
            return
        batch = self._closing_of(entries, order)
        for entry in (each.entry for each in batch.postings):
            for money, why in ((entry.fee_refund, "to be refunded"), (entry.penalty, "owed as a penalty")):
                if money is not None:
                    self._tell(f"{money.amount} {money.currency} is {why}, and the applicant is told so")
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
            ours = True
        except WorkflowAlreadyStartedError:
            ours = False
            self._tell("its ledger is being closed already")
        if not await self._completed(closing):
            raise Damaged(
                f"the end of {case} is in the workflow {closing} and not published yet: it is as soon as an "
                "orchestrator runs and Kafka takes it"
            )
        if not ours:
            _check_ended_by(await self._said(case, None), order)

    def _closing_of(self, entries: Sequence[LedgerEntry], order: Event) -> Batch:
        """What closes a ledger, by the law of its case.

        Raises:
            InvalidInput: this build does not know that; says what to do.
        """
        opened = entries[0]
        if opened.procedure not in CATALOGUE:
            raise InvalidInput(
                f"there is no procedure {opened.procedure} here, so whom {opened.case} has told, and what it "
                "owes, is not known: use a build that has it"
            )
        try:
            return closing_of(
                entries,
                order,
                item=CATALOGUE[opened.procedure],
                administration=self._directory.administration,
                checks=self._directory.checks(),
                now=datetime.now(UTC),
            )
        except LookupError as error:
            raise InvalidInput(str(error)) from None

    async def _completed(self, workflow: str, within: float = TAKEN_SECONDS) -> bool:
        """Whether a workflow has come to its end, or does ``within`` so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        while True:
            execution = await execution_of(self._client, workflow)
            if execution is not None and execution.status == "completed":
                return True
            if loop.time() >= until:
                return False
            await asyncio.sleep(PAUSE_SECONDS)


def _check_ended_by(entries: Sequence[LedgerEntry], order: Event) -> None:
    """Return if a case ended for the reason of an order: by it, or by one that says the same.

    Raises:
        InvalidInput: it did not; says for which.
    """
    ended = next((entry for entry in entries if entry.kind == "broken-off"), None)
    why = ended.data.content.get("why") if ended is not None and ended.data else None
    if why != order.data["why"]:
        because = "" if why is None else f", because: {why}"
        raise InvalidInput(f"{order.subject} has ended meanwhile, not by this order{because}")


async def cancellations(broker: Broker, case: CaseId) -> list[CancelOrdered]:
    """The orders to end a case that were ever given, whatever became of them.

    Raises:
        Unavailable: no broker answers, or there is no such topic.
    """
    found: list[CancelOrdered] = []
    async for record in whole_topic(broker, events_topic(OPERATOR)):
        if record.key != case.encode():
            continue
        try:
            order = order_of(Event.decode(record.value, record.headers))
        except Refusal:
            continue
        if isinstance(order, CancelOrdered):
            found.append(order)
    return found
