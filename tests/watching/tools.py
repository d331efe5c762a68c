"""Debian's programs for metrics and alerts, which are no part of this project."""

from __future__ import annotations

import shutil
import warnings

import pytest

INSTALL = "apt-get install --no-install-recommends prometheus prometheus-alertmanager"


def tool(name: str) -> str:
    """Where a program is: ``prometheus``, ``promtool``, ``prometheus-alertmanager`` or ``amtool``. Without it
    the test is skipped, and the summary of the run says so."""
    if found := shutil.which(name):
        return found
    missing = f"{name} is missing, so what it checks was NOT checked. Install it: {INSTALL}"
    warnings.warn(missing, stacklevel=2)
    pytest.skip(missing)
