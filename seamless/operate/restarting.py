"""Starting the workflow of a case again, under its id: with what it knew at the end of its ledger, or where
it has said nothing with its application.

Two runs must never write one ledger. So this is done only once nothing of the last run can be published any
more and a complete archive has proven where its ledger ends; and Temporal starts no second one beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import TypedSearchAttributes, WorkflowIDReusePolicy

from contracts.attributes import KINDS
from contracts.platform import CASES_QUEUE
from contracts.terms.errors import Damaged
from contracts.terms.identifiers import CaseId
from seamless.operate.remembering import CANCEL_REQUESTED, Message
from workers.watcher.execution import RPC_TIMEOUT


async def start_again(
    client: Client,
    known: WorkflowExecutionDescription,
    opened: Mapping[str, Any],
    unsaid: Sequence[Message] = (),
) -> None:
    """Start a run with all that the last run was started with, but for its input.

    Args:
        unsaid: what the last run had not taken up. The first of that the new one hears before it does
            anything else.
    """
    first = next((each for each in unsaid[:1] if each.name != CANCEL_REQUESTED), None)
    handle = await client.start_workflow(
        known.workflow_type,
        opened,
        id=known.id,
        task_queue=CASES_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        memo=await known.memo(),
        search_attributes=_ours(known.typed_search_attributes),
        static_summary=await known.static_summary(),
        start_signal=first.name if first else None,
        start_signal_args=[first.value] if first else [],
        rpc_timeout=RPC_TIMEOUT,
    )
    for each in unsaid[1:] if first else unsaid:
        if each.name == CANCEL_REQUESTED:
            await handle.cancel(rpc_timeout=RPC_TIMEOUT)
        else:
            await handle.signal(each.name, each.value, rpc_timeout=RPC_TIMEOUT)


async def open_anew(client: Client, case: CaseId, run: str) -> None:
    """Open a case that has published nothing with the input that it was opened with: its application, its law
    and its secret are those that it had.

    Raises:
        Damaged: it has gone on from an earlier run, so it must have published something.
    """
    handle = client.get_workflow_handle(case, run_id=run)
    known = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    async for event in handle.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        break
    [opened] = await client.data_converter.decode(started.input.payloads, [dict])
    if opened.get("carried"):
        raise Damaged(f"{case} has published something, and the archive has nothing of it")
    await start_again(client, known, opened)


def _ours(known: TypedSearchAttributes) -> TypedSearchAttributes:
    """Those that are ours: Temporal adds some of its own, such as the build, and takes none."""
    return TypedSearchAttributes([pair for pair in known if pair.key.name in KINDS])
