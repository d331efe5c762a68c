"""``python -m bench.outside``: an orchestrator with every procedure outside the sandbox, unproven.

What is proven is not measured: exploring the procedures in the sandbox takes minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workers.orchestrator import main
from workers.process.run import run_process
from workers.process.settings import Settings


async def _prove(procedures: Sequence[type[Any]], without: set[str]) -> None:
    without.update(each.workflow_type for each in procedures)


async def run(settings: Settings) -> None:
    """Run cases until cancelled."""
    await main.run_cases(settings, _prove)


if __name__ == "__main__":
    run_process("orchestrator", run)
