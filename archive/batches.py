"""Querying a database about many things in batches: a query takes a limited number of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 500


def at_once(things: Iterable[T]) -> Iterator[list[T]]:
    """Batches that one query can take."""
    left = iter(things)
    while some := list(islice(left, AT_ONCE)):
        yield some
