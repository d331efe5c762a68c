"""Work in order per key, and concurrently between keys."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Chains(Generic[Key, Item]):
    """One chain of items per key: a key's next item starts when the one before it has ended.

    A chain is a task that lives while its key has items, so idle keys cost nothing.
    """

    def __init__(self, work: Callable[[Item], Awaitable[None]]) -> None:
        """
        Args:
            work: finishes one item. It must not raise: its chain would end with items in it.
        """
        self._work = work
        self._waiting: dict[Key, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many keys have work."""
        return len(self._tasks)

    def waiting(self, key: Key) -> int:
        """How many items of ``key`` have not ended."""
        return len(self._waiting.get(key, ()))

    def put(self, key: Key, item: Item) -> None:
        """Append ``item`` to the chain of ``key``."""
        if key in self._waiting:
            self._waiting[key].append(item)
            return
        self._waiting[key] = deque([item])
        task = asyncio.get_running_loop().create_task(self._run(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> bool:
        """Wait until all chains have ended, at most ``seconds``; whether they have."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        return not self._tasks

    async def cancel(self) -> None:
        """Cancel what is left and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, key: Key) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                await self._work(waiting[0])
                waiting.popleft()
        finally:
            del self._waiting[key]
