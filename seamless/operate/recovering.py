"""Recovering after Temporal was restored to an earlier point: cases get back what they lost.

Temporal knows less then than the world does. Three things can have happened to a case:

- It lost events, and had not yet said anything because of them. The gateway carries them again, since its
  offsets are set back.
- It fell back: its ledger says more than it knows. It is lived again to the end of its ledger, and goes on
  from there; where that does not give the very same ledger it is left as it is, and cannot say anything.
- It is gone. One whose ledger says nothing is opened again, by its application. Any other is left as it is:
  the secret that the rest of its ledger would need is gone with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from activities.outbox import records_of
from archive.reader import ArchiveReader, entries_of
from contracts.admission import CaseEvent
from contracts.platform import Delivered
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import inlets_of
from network.broker.publisher import Publisher
from seamless.explore.commands import value_of
from seamless.operate.proven import proven
from seamless.operate.reliving import Relived, Unlike, relive
from seamless.operate.remembering import remembered
from seamless.operate.restarting import start_again
from seamless.operate.rewinding import Rewound, events_again, rewind
from workers.process.settings import Settings
from workers.watcher.execution import RPC_TIMEOUT
from workers.watcher.stuck import StuckCase, StuckCases
from workflows.procedures import PROCEDURES

MARGIN = timedelta(minutes=5)
"""So much earlier than the backup events are carried again: the clocks of two servers differ, and a backup
takes a while."""

TERMINATED = "seamless recover: its ledger has more entries than it knows of"
"""Why the workflow of a case that fell back is terminated: a new run takes its place."""

Fate = Literal["goes-on", "ended", "left"]


class Recovered(NamedTuple):
    """What became of a case that fell back or is gone.

    Attributes:
        fate: it goes on from the end of its ledger; or it had ended, and its workflow ends, too; or it was
            left as it is, for the operator to cancel.
    """

    case: CaseId
    fate: Fate
    detail: str


class Recovery:
    """One recovery. The gateways must not run meanwhile; orchestrators may."""

    def __init__(self, settings: Settings, client: Client, archive: ArchiveReader) -> None:
        self._settings = settings
        self._client = client
        self._archive = archive
        self._inlets = inlets_of(settings.directory)
        self._procedures = {each.workflow_type: each for each in PROCEDURES}

    async def rewind(self, backup: datetime, *, really: bool) -> list[Rewound]:
        """Have the gateway carry again what came since the backup was made, once it runs."""
        settings = self._settings
        return await rewind(
            settings.broker, settings.gateway_group, self._inlets, backup - MARGIN, really=really
        )

    async def fallen(self) -> list[StuckCase]:
        """The cases that fell back or are gone.

        Raises:
            Unavailable: the archive cannot prove where ledgers end.
        """
        await proven(self._archive, self._settings.broker, lambda db: None)
        checks = self._settings.directory.checks()
        found = await StuckCases(self._client, self._archive, checks=checks).find()
        return [each for each in found if each.reason in ("fell-back", "workflow-gone")]

    async def recover(
        self, fallen: list[StuckCase], rewound: list[Rewound], *, really: bool
    ) -> list[Recovered]:
        """Let cases go on that fell back, as far as that is possible.

        Args:
            really: otherwise only say what would become of them.
        """
        back = {each.case for each in fallen if each.reason == "fell-back" or _is_broken_off(each)}
        events: dict[CaseId, list[Delivered]] = {case: [] for case in back}
        async for event in events_again(self._settings.broker, self._inlets, rewound, self._settings.rules):
            if event.case in back:
                events[event.case].append(_delivered(event))
        async with Publisher(self._settings.broker) as publisher:
            return [
                await self._recover(each.case, events[each.case], publisher, really=really)
                if each.case in back
                else Recovered(each.case, "left", each.detail)
                for each in fallen
            ]

    async def _recover(
        self, case: CaseId, again: Sequence[Delivered], publisher: Publisher, *, really: bool
    ) -> Recovered:
        entries = await proven(self._archive, self._settings.broker, lambda db: entries_of(db, case))
        known = await self._client.get_workflow_handle(case).describe(rpc_timeout=RPC_TIMEOUT)
        run = self._client.get_workflow_handle(case, run_id=known.run_id)
        relived = None
        if not any(entry.kind == "closed" for entry in entries):
            try:
                relived = self._relive(known.workflow_type, await run.fetch_history(), entries, again)
            except Unlike as error:
                return Recovered(case, "left", str(error))
            except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
                # Somebody may have sent it anything by hand: the others are recovered all the same.
                return Recovered(case, "left", f"it cannot be lived again: {type(error).__name__}: {error}")
        following = relived.opened if relived else None
        if really:
            for batch in relived.last if relived else ():
                records = [record for each in batch.postings for record in records_of(batch, each)]
                await publisher.publish(records)
            await _terminate(run)
            if relived is not None and following is not None:
                await start_again(self._client, known, following, relived.unsaid)
        if following is None:
            return Recovered(case, "ended", "its ledger is closed")
        return Recovered(case, "goes-on", f"from entry {following['carried']['sequence']} on")

    def _relive(
        self,
        workflow_type: str,
        history: WorkflowHistory,
        entries: list[LedgerEntry],
        again: Sequence[Delivered],
    ) -> Relived:
        procedure = self._procedures.get(workflow_type)
        if procedure is None:
            raise Unlike(f"there is no procedure {workflow_type} here")
        run = remembered(history)
        carried = value_of(run.opened, dict).get("carried") or {}
        rest = [entry for entry in entries if entry.sequence > carried.get("sequence", 0)]
        return relive(procedure, run.opened, run.began, rest, run.messages, again)


def _is_broken_off(stuck: StuckCase) -> bool:
    """Whether an earlier recovery has terminated a case, and was broken off before it had started it again:
    its history is still there."""
    return stuck.reason == "workflow-gone" and TERMINATED in stuck.detail


async def _terminate(run: WorkflowHandle[Any, Any]) -> None:
    try:
        await run.terminate(reason=TERMINATED, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:  # it has ended already
            raise


def _delivered(event: CaseEvent) -> Delivered:
    return Delivered(event=event.event, actor=event.actor, received=event.received)
