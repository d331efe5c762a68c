"""Tests of one process leave nothing behind for one another."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command that is run within the test's own process may turn its log off: not for those after it."""
    yield
    logging.disable(logging.NOTSET)
