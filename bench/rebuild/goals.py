"""What is measured against what was asked for."""

from __future__ import annotations

from typing import NamedTuple


class Goal(NamedTuple):
    """One figure and its goal.

    Attributes:
        goal: what was asked for, in words.
        measured: what came out, in words.
        beside: what the usual way would have said.
    """

    name: str
    goal: str
    measured: str
    held: bool
    beside: str = ""
