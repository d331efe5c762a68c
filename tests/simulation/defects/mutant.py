"""A mutant: a defect that was fixed, and how it is put back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """A defect.

    Attributes:
        what: it is, in a line.
        put_back: puts it into the product, for a while.
        tests: the property tests that are asked where no seed finds it.
    """

    name: str
    what: str
    put_back: Callable[[], AbstractContextManager[Any]]
    tests: tuple[str, ...] = ()
