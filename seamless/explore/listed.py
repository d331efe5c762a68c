"""The procedures that there are, by name, and the automated checks."""

from __future__ import annotations

from typing import Any

from activities.checks import CHECKS
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from seamless.explore.check import Checked, Told, check
from workflows.case import Procedure
from workflows.procedures import PROCEDURES


def named(name: str | None) -> list[type[Procedure[Any]]]:
    """The classes of a procedure, in each of its variants, or that of a workflow type; without a name, all.

    Raises:
        InvalidInput: there is none; names those there are.
    """
    found = [each for each in PROCEDURES if name in (None, each.item.procedure, each.workflow_type)]
    if not found:
        known = ", ".join(sorted({each.item.procedure for each in PROCEDURES}))
        raise InvalidInput(f"there is no procedure {name!r}; there are: {known}")
    return found


def check_listed(procedure: type[Procedure[Any]], directory: Directory, told: Told | None = None) -> Checked:
    """Check one of them, with the automated checks that there are."""
    return check(procedure, directory, CHECKS, told)
