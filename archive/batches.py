"""Asking a database about many things a part at a time: one query takes only so many parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 500


def at_once(things: Iterable[T]) -> Iterator[list[T]]:
    """So many of them at a time as one query takes."""
    left = iter(things)
    while some := list(islice(left, AT_ONCE)):
        yield some
