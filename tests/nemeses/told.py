"""Whether a fault is seen from outside, and how soon: in a metric, in a log line, in an entry."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from contracts.wire.ledger import LedgerEntry
from deploy.local.stack import Stack

LOOK_SECONDS = 0.3
AGE_SECONDS = 5.0
SAMPLE = re.compile(r"^(seamless_\w+(?:\{[^}]*\})?) ([0-9.e+-]+)$", re.MULTILINE)

RISING = ("seamless_gateway_rebalances_total", "seamless_dead_letters_total")
WAITING = ("broker-away", "gateway-away", "dead-letter-waits")
AGE = "seamless_gateway_oldest_unfinished_age_seconds"
ALARMING = ("warning", "error", "critical")


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
        self._began = time.monotonic()
        self._sizes = {log: log.stat().st_size for log in self._stack.logs.glob("*.log")}
        self._held = self._count_held()
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
        if self._count_held() > self._held:
            return "an entry: held"
        if line := self._logged():
            return line
        for process, samples in (await self._metrics()).items():
            if samples is None:
                return f"no metrics of {process}"
            before = self._before.get(process) or {}
            for name, value in samples.items():
                if name == "seamless_ready" and value < 1 <= before.get(name, 1):
                    return f"seamless_ready 0 of {process}"
                rises = name.startswith(RISING) or any(f'reason="{why}"' in name for why in WAITING)
                if rises and value > before.get(name, 0):
                    return f"{name} of {process}"
                if name == AGE and value > AGE_SECONDS > before.get(name, 0):
                    return f"{name} {value:.0f} of {process}"
        return ""

    def _count_held(self) -> int:
        return sum(entry.kind == "held" for entries in self._ledger.values() for entry in entries)

    def _logged(self) -> str:
        """The first new line of a worker's log that is a warning or worse."""
        for log in self._stack.logs.glob("*.log"):
            for line in _lines_after(log, self._sizes.get(log, 0)):
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict) and said.get("level") in ALARMING:
                    return f"log of {log.stem}: {said.get('event', '')!s:.60}"
        return ""

    async def _metrics(self) -> dict[str, dict[str, float] | None]:
        """The samples of every process; None of one that does not answer."""
        addresses = dict(self._stack.metrics)
        found = await asyncio.gather(*(asyncio.to_thread(_scraped, at) for at in addresses.values()))
        return dict(zip(addresses, found, strict=True))


def _lines_after(log: Path, size: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(size)
        return file.read().decode(errors="replace").splitlines()


def _scraped(address: str) -> dict[str, float] | None:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return {name: float(value) for name, value in SAMPLE.findall(answer.read().decode())}
    except OSError:
        return None
