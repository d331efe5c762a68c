"""A plugin of pytest: the tests run on a product with a mutant in it (``SEAMLESS_MUTANT``)."""

from __future__ import annotations

import os

from tests.simulation.mutants import put_in


def pytest_configure() -> None:
    """Put the mutant in."""
    put_in(os.environ["SEAMLESS_MUTANT"])
