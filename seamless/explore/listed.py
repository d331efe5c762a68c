"""All procedures, by name, and the automated checks."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import monotonic
from typing import Any

from activities.checks import CHECKS
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from seamless.explore.agreeing import agree
from seamless.explore.check import Checked, LawChecked, Told, check, check_law, laws_of, whole
from workflows.case import Procedure
from workflows.procedures import PROCEDURES

FEW = 4
"""What asks no more requests is explored sooner than a process begins."""


def named(name: str | None) -> list[type[Procedure[Any]]]:
    """The classes of a procedure, in each of its variants, or that of a workflow type; without a name, all.

    Raises:
        InvalidInput: there is none; names the known ones.
    """
    found = [each for each in PROCEDURES if name in (None, each.item.procedure, each.workflow_type)]
    if not found:
        known = ", ".join(sorted({each.item.procedure for each in PROCEDURES}))
        raise InvalidInput(f"there is no procedure {name!r}; there are: {known}")
    return found


def check_listed(procedure: type[Procedure[Any]], directory: Directory, told: Told | None = None) -> Checked:
    """Check one of them: each law version on a core of its own, where there are more than one of both."""
    laws = laws_of(procedure)
    if len(laws) < 2 or len(procedure.item.requests) <= FEW or (os.cpu_count() or 1) < 2:
        return check(procedure, directory, CHECKS, told)
    began = monotonic()
    with ProcessPoolExecutor(min(len(laws), os.cpu_count() or 1), get_context("spawn")) as pool:
        asked = [pool.submit(_check_law, procedure.workflow_type, law.id, directory) for law in laws]
        found = [each.result() for each in asked]
    return whole(procedure, found, monotonic() - began)


def drive_listed(
    procedure: type[Procedure[Any]],
    checked: Checked,
    directory: Directory,
    paths: int,
    seed: int,
    told: Callable[[int], object] | None = None,
) -> None:
    """Compare what was explored of one of them with its real workflow, on paths drawn by a seed."""
    graphs = [graph for law in checked.laws for graph in law.graphs if not graph.begun_before]
    if graphs:
        checked.driven = agree(procedure, graphs, directory, paths, seed, told)


def _check_law(workflow_type: str, law: str, directory: Directory) -> LawChecked:
    [procedure] = [each for each in PROCEDURES if each.workflow_type == workflow_type]
    return check_law(procedure, procedure.item.law(law), directory, CHECKS)
