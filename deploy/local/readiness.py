"""When a stack is ready: every process says so in its metrics."""

from __future__ import annotations

import asyncio
import re
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
        why = [f"{name} ({', '.join(_reasons(at)) or 'silent'})" for name, at in sorted(missing.items())]
        raise EngineError(f"not ready after {READY_SECONDS:.0f} s: {', '.join(why)}") from None


def _ready(address: str) -> bool:
    return "seamless_ready 1.0" in _metrics(address)


def _reasons(address: str) -> list[str]:
    """Why a process says that it is not ready."""
    return re.findall(r'^seamless_not_ready\{reason="([^"]+)"\} 1', _metrics(address), re.MULTILINE)


def _metrics(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:
        return ""
