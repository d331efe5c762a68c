"""An author's mistakes that show only when a case runs."""

from __future__ import annotations


class CourseFault(Exception):
    """The course of a procedure went wrong; the text says what, where, and what fixes it.

    It fails the workflow task, never the case: the case waits, is shown as stuck for ``task-failing``, and
    goes on when the orchestrator runs fixed code.
    """
