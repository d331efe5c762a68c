"""When a stack is ready: every process says so in its metrics."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable, Iterable

from deploy.local.engine import EngineError

READY_SECONDS = 90.0
POLL_SECONDS = 0.1


async def await_ready(metrics: Iterable[tuple[str, str]], check: Callable[[], None]) -> None:
    """Return when each of these processes, given by name and metrics address, is ready.

    Args:
        check: called now and then; raises when waiting on makes no sense, since a process has ended.

    Raises:
        EngineError: it took too long; names who is missing.
    """
    missing = dict(metrics)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while missing:
                check()
                missing = {
                    name: at for name, at in missing.items() if not await asyncio.to_thread(_ready, at)
                }
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise EngineError(f"not ready after {READY_SECONDS:.0f} s: {', '.join(sorted(missing))}") from None


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return b"seamless_ready 1.0" in answer.read()
    except OSError:
        return False
