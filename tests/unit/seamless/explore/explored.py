"""Procedures that were explored: each once, for all tests of what exploring them gives."""

from __future__ import annotations

from functools import cache
from typing import Any

from activities.checks import CHECKS
from contracts.terms.directory import load_directory
from seamless.explore.check import Checked, check
from seamless.explore.listed import check_listed
from tests.unit.seamless.explore.broken import COUNTED
from workflows.case import Procedure

DIRECTORY = load_directory()


@cache
def checked(cls: type[Procedure[Any]]) -> Checked:
    """A procedure of the tests."""
    COUNTED.clear()
    return check(cls, DIRECTORY, CHECKS)


@cache
def listed(cls: type[Procedure[Any]]) -> Checked:
    """One of ours."""
    return check_listed(cls, DIRECTORY)
