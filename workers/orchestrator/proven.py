"""Which procedures may run outside the SDK's sandbox: those of which it has seen every line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from workers.process.verdicts import NoVerdict, of_each, unreached_in_sandbox

log = structlog.get_logger(__name__)


async def reached_in_sandbox(
    procedures: Sequence[type[Any]],
    ask: Callable[[str], Awaitable[Sequence[str]]] = unreached_in_sandbox,
) -> list[str]:
    """The workflow types of which every line was reached in the sandbox, and was let through by it.

    What cannot be found out stays in the sandbox. The log says about each where it runs, and why.
    """

    async def proven(workflow_type: str) -> bool:
        try:
            unreached = await ask(workflow_type)
        except NoVerdict as error:
            log.error("runs in the sandbox: what it reached is not known", of=workflow_type, error=str(error))
            return False
        if unreached:
            log.warning("runs in the sandbox: it did not reach every line", of=workflow_type, lines=unreached)
            return False
        log.info("runs outside the sandbox: it reached every line", of=workflow_type)
        return True

    types = [each.workflow_type for each in procedures]
    return [each for each, well in zip(types, await of_each(proven, types), strict=True) if well]
