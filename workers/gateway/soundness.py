"""Which procedures open new cases: those whose check passes, and those that a setting names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog

from contracts.admission import NewCase
from contracts.terms.errors import Refusal
from workers.process.verdicts import Verdict, verdict_of

log = structlog.get_logger(__name__)


class Soundness:
    """Says whether a case may be opened. Each workflow type is asked about once, when its first application
    comes; applications that come meanwhile wait for the answer. Running cases are not asked about."""

    def __init__(
        self,
        unchecked: Collection[str] = (),
        ask: Callable[[str], Awaitable[Verdict]] = verdict_of,
    ) -> None:
        """``unchecked`` are the procedures that open cases although their check fails."""
        self._unchecked = unchecked
        self._ask = ask
        self._asked: dict[str, asyncio.Task[str | None]] = {}

    async def refusal_of(self, admitted: NewCase) -> Refusal | None:
        """Why no case of this kind is opened; None where one is.

        Raises:
            NoVerdict: the check itself failed; it is made again for the next one who asks.
        """
        workflow_type = admitted.item.workflow_type(admitted.variant)
        task = self._asked.get(workflow_type)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            finding = self._against(workflow_type, admitted.item.procedure)
            task = self._asked[workflow_type] = asyncio.create_task(finding)
        against = await asyncio.shield(task)  # who gives up waiting does not end it for the others
        return Refusal("procedure-not-open", against, "data.procedure") if against else None

    async def _against(self, workflow_type: str, procedure: str) -> str | None:
        """Why no cases of a workflow type may be opened."""
        log.info("procedure is checked", workflow_type=workflow_type)
        broken = (await self._ask(workflow_type)).broken
        told = {
            "workflow_type": workflow_type,
            "broken": broken,
            "cure": f"seamless procedure check {workflow_type}",
        }
        if not broken:
            log.info("procedure opens cases: its check passes", workflow_type=workflow_type)
        elif procedure in self._unchecked:
            log.warning("procedure opens cases although its check fails: SEAMLESS_UNCHECKED names it", **told)
        else:
            log.error("procedure opens no new cases: its check fails", **told)
            return (
                f"data.procedure: {procedure!r} opens no new cases: its check fails "
                f"({', '.join(broken)}); this application can be replayed once it is fixed"
            )
        return None

    async def close(self) -> None:
        """Break off what is asked."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
