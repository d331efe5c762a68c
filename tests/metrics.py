"""What a process says of itself: its metrics, as Prometheus reads them."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from typing import Any

from prometheus_client.parser import text_string_to_metric_families


class Figures:
    """The metrics of a process at one moment; nothing, when it does not answer."""

    def __init__(self, address: str) -> None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            text = ""
        self._samples = [each for family in text_string_to_metric_families(text) for each in family.samples]

    def __getitem__(self, name: str) -> float | None:
        """A figure by its name; None when it is not there."""
        return next((each.value for each in self._samples if each.name == name), None)

    @property
    def names(self) -> set[str]:
        """The names of all figures that are there."""
        return {each.name for each in self._samples}

    @property
    def not_ready(self) -> set[str]:
        """Why the process is not ready."""
        return {
            each.labels["reason"]
            for each in self._samples
            if each.name == "seamless_not_ready" and each.value == 1
        }


async def figures(address: str) -> Figures:
    """The metrics that are served at an address."""
    return await asyncio.to_thread(Figures, address)


async def until(address: str, holds: Callable[[Figures], Any], *, seconds: float = 60) -> Figures:
    """The metrics once a condition holds of them."""
    found = await figures(address)
    try:
        async with asyncio.timeout(seconds):
            while not holds(found):
                await asyncio.sleep(0.2)
                found = await figures(address)
    except TimeoutError:
        raise AssertionError([each for each in found._samples if "seamless" in each.name]) from None
    return found
