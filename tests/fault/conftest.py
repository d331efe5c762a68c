"""A town around the shared stack."""

from tests.integration.conftest import town

__all__ = ["town"]
