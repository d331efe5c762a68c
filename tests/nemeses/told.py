"""Whether a fault is seen from outside, and how soon: in a metric, in a log line, in an entry."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from contracts.wire.ledger import LedgerEntry
from deploy.local.stack import Stack

LOOK_SECONDS = 0.3
AGE_SECONDS = 5.0
SAMPLE = re.compile(r"^(seamless_\w+(?:\{[^}]*\})?) ([0-9.e+-]+)$", re.MULTILINE)

REBALANCES = "seamless_gateway_rebalances_total"
WAITING = ("broker-away", "gateway-away", "dead-letter-waits")
READY = "seamless_ready"
AGE = "seamless_gateway_oldest_unfinished_age_seconds"
ALARMING = ("warning", "error", "critical")
USUAL = ("event refused", "Task exception was never retrieved")
"""Warnings that tell of no fault: of what a sender did, and of a fence that was no longer needed."""


class Watch:
    """Looks at metrics, logs and the ledger from the moment that it is entered.

    Attributes:
        seconds: after how long the first sign was seen; None before.
        sign: what that was.
    """

    def __init__(self, stack: Stack, ledger: Mapping[str, list[LedgerEntry]]) -> None:
        self.seconds: float | None = None
        self.sign = ""
        self._stack = stack
        self._ledger = ledger
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._began, self._at = time.monotonic(), datetime.now(UTC)
        self._addresses = dict(self._stack.metrics)
        self._sizes = {log: log.stat().st_size for log in self._stack.logs.glob("*.log")}
        self._before = await self._metrics()
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *raised: object) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        while not (sign := await self._seen()):
            await asyncio.sleep(LOOK_SECONDS)
        self.seconds, self.sign = time.monotonic() - self._began, sign

    async def _seen(self) -> str:
        if self._is_held():
            return "an entry: held"
        if line := self._logged():
            return line
        for process, samples in (await self._metrics()).items():
            if samples is None:
                return f"no metrics of {process}"
            before = self._before.get(process) or {}
            for name, value in samples.items():
                if name == READY and value < 1 <= before.get(name, 1):
                    return f"{READY} 0 of {process}"
                rises = name == REBALANCES or any(f'reason="{why}"' in name for why in WAITING)
                if rises and value > before.get(name, 0):
                    return f"{name} of {process}"
                if name == AGE and value > AGE_SECONDS > before.get(name, 0):
                    return f"{name} {value:.0f} of {process}"
        return ""

    def _is_held(self) -> bool:
        """Whether a case tells of an outage that ended since."""
        told = (each for entries in list(self._ledger.values()) for each in entries if each.kind == "held")
        ends = (each.data.content.get("outage_ended") for each in told if each.data)
        return any(datetime.fromisoformat(end) > self._at for end in ends if end)

    def _logged(self) -> str:
        """The first new line of a worker's log that is a warning or worse."""
        for log in self._stack.logs.glob("*.log"):
            for line in _lines_after(log, self._sizes.get(log, 0)):
                said = _parsed(line)
                event = str(said.get("event", ""))
                if said.get("level") in ALARMING and not event.startswith(USUAL):
                    return f"log of {log.stem}: {event.partition(chr(10))[0]:.60}"
        return ""

    async def _metrics(self) -> dict[str, dict[str, float] | None]:
        """The samples of every process; None of one that does not answer."""
        found = await asyncio.gather(*(asyncio.to_thread(scraped, at) for at in self._addresses.values()))
        return dict(zip(self._addresses, found, strict=True))


def _lines_after(log: Path, size: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(size)
        return file.read().decode(errors="replace").splitlines()


def _parsed(line: str) -> dict[str, Any]:
    """A line of a log; nothing where it is of another kind."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def scraped(address: str) -> dict[str, float] | None:
    """The samples of a process; None where it does not answer."""
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return {name: float(value) for name, value in SAMPLE.findall(answer.read().decode())}
    except OSError:
        return None
