"""Processes that die at any step, and calls over a network that loses requests and answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Process:
    """A process of the platform. Whatever it calls from its death on has no effect.

    Attributes:
        dies_at: the number of the call at which it dies; before its effect or after it.
    """

    def __init__(self, name: str, dies_at: int | None = None, *, after_effect: bool = False) -> None:
        self.name = name
        self.alive = True
        self.calls = 0
        self.dies_at, self._after_effect = dies_at, after_effect
        self.when_dead: list[Callable[[], object]] = []

    def check(self) -> None:
        """
        Raises:
            CancelledError: the process is dead.
        """
        if not self.alive:
            raise asyncio.CancelledError

    def step(self, *, after_effect: bool) -> None:
        """One call more."""
        self.check()
        if after_effect == self._after_effect:
            self.calls += 1
            if self.calls == self.dies_at:
                self.kill()
                raise asyncio.CancelledError

    def kill(self) -> None:
        """Die at once: nothing is finished, nothing said."""
        if self.alive:
            self.alive = False
            for tell in self.when_dead:
                tell()


class Network:
    """The way to a server.

    Attributes:
        loses: how likely a call, and how likely an answer, is lost.
        away: spans in which the server cannot be reached, in seconds of virtual time.
    """

    def __init__(self, chance: random.Random, failure: Callable[[], Exception]) -> None:
        self._chance = chance
        self._failure = failure
        self.loses = 0.0
        self.away: list[tuple[float, float]] = []
        self.slowest = 0.02

    def up(self) -> bool:
        """Whether the server can be reached now."""
        now = asyncio.get_running_loop().time()
        return not any(begin <= now < end for begin, end in self.away)

    async def call(self, process: Process, effect: Callable[[], T], *, seconds: float = 0.0) -> T:
        """Have ``effect`` on the server.

        Raises:
            Exception: what the client raises: the call was lost, or the answer after the effect.
        """
        process.step(after_effect=False)
        await asyncio.sleep(seconds + self._chance.uniform(0.001, self.slowest))
        process.check()
        if not self.up() or self._chance.random() < self.loses:
            raise self._failure()
        result = effect()
        process.step(after_effect=True)
        await asyncio.sleep(self._chance.uniform(0.001, self.slowest))
        process.check()
        if not self.up() or self._chance.random() < self.loses:
            raise self._failure()
        return result
