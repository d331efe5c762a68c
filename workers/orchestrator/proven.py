"""Which procedures leave the SDK's sandbox: those of which it has seen every line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from workers.process.verdicts import NoVerdict, of_each, unreached_in_sandbox

log = structlog.get_logger(__name__)


async def leave_sandbox(
    procedures: Sequence[type[Any]],
    without: set[str],
    ask: Callable[[str], Awaitable[Sequence[str]]] = unreached_in_sandbox,
) -> None:
    """Add to ``without`` each workflow type of which every line was reached in the sandbox, and was let
    through by it, as soon as that is known.

    Code that nobody explored yet takes minutes; meanwhile, and where it cannot be found out, a procedure
    stays in the sandbox. The log says about each where it runs, and why.
    """

    async def prove(workflow_type: str) -> None:
        try:
            unreached = await ask(workflow_type)
        except NoVerdict as error:
            log.error("runs in the sandbox: what it reached is not known", of=workflow_type, error=str(error))
            return
        if unreached:
            log.warning("runs in the sandbox: it did not reach every line", of=workflow_type, lines=unreached)
            return
        without.add(workflow_type)
        log.info("runs outside the sandbox: it reached every line", of=workflow_type)

    await of_each(prove, (each.workflow_type for each in procedures))
