"""Tests of a procedure: its case on a real Temporal server of the test's own, and nothing else running."""

from seamless.testing.case import CaseUnderTest, case_of, opened_case
from seamless.testing.temporal import local_temporal

__all__ = ["CaseUnderTest", "case_of", "local_temporal", "opened_case"]
