"""Virtual time: an event loop whose clock jumps to what is due next, always in the same order."""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Monday, nine o'clock in Beijing."""

ROOMS = ("activities", "archive", "network", "workers")
"""Whose modules read the wall clock."""


class _Numbered:
    """Sets of these have the same order in every run: by default a hash is an address."""

    _count = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _Numbered._count += 1
        self._number = _Numbered._count  # first: asyncio puts a new task in a set at once
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self._number


class _Task(_Numbered, asyncio.Task):  # type: ignore[type-arg]
    pass


class _Future(_Numbered, asyncio.Future):  # type: ignore[type-arg]
    pass


class _Selector(selectors.BaseSelector):
    """Nothing comes from outside: waiting is moving the clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        self.now += max(0.0, timeout)
        return []

    def get_map(self) -> Any:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._clock_resolution = 1e-6
        self.set_task_factory(lambda loop, coro, **kwargs: _Task(coro, loop=loop, **kwargs))
        _Numbered._count = 0

    def time(self) -> float:
        return self._virtual.now

    def create_future(self) -> Any:
        return _Future(loop=self)

    def wall(self) -> datetime:
        """The true time."""
        return START + timedelta(seconds=self.time())


class _WallClock(datetime):
    """Stands in for :class:`datetime` in the modules of the product."""

    read: Callable[[], datetime]

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return cls.read().astimezone(tz)


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """A loop in virtual time, whose wall clock the product reads."""
    loop = VirtualLoop()
    clock = type("WallClock", (_WallClock,), {"read": staticmethod(loop.wall)})
    modules = [
        module
        for name, module in sorted(sys.modules.items())
        if name.split(".")[0] in ROOMS and vars(module).get("datetime") is datetime
    ]
    for module in modules:
        vars(module)["datetime"] = clock
    try:
        yield loop
    finally:
        for module in modules:
            vars(module)["datetime"] = datetime
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
