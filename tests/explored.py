"""Explored procedures, from whose graphs tests draw paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.terms.directory import Directory
from contracts.terms.law import LawVersion
from seamless.explore.check import applications, laws_of
from seamless.explore.exploring import Bounds, Exploration
from seamless.explore.graph import Graph
from seamless.explore.lines import Lines
from workflows.case import Procedure
from workflows.procedures import PROCEDURES

LAWS = [(cls, law) for cls in PROCEDURES for law in laws_of(cls)]
"""Each procedure under each of its law versions."""

FIRST, OTHERS = Bounds(together=0, rounds=2), Bounds(together=0, rounds=1, moves=60)
"""Few moves, and yet to every decision: of what is open at the same time, one at most ends oddly. The check
explores in full."""


def explored(cls: type[Procedure[Any]], law: LawVersion, directory: Directory) -> Iterator[Graph]:
    """What there is to draw paths from, with each application that the check begins with."""
    lines = Lines(cls)
    for number, applied in enumerate(applications(cls.item, Lines(cls))):
        bounds = OTHERS if number else FIRST
        exploration = Exploration(
            cls, law, applied.application, directory, lines, applied.label, bounds, applied.copies
        )
        yield exploration.run()
