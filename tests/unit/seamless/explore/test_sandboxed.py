"""What the SDK's sandbox has seen of a procedure: every line of one of ours, and not what it refuses."""

from __future__ import annotations

import pytest

from contracts.terms.directory import load_directory
from seamless.explore import driven, sandboxed
from seamless.explore.driver import TaskFailed
from seamless.explore.sandboxed import unreached_in_sandbox
from workflows.tree_felling import TreeFelling

DIRECTORY = load_directory()


def test_paths_reach_every_line_in_the_sandbox() -> None:
    assert unreached_in_sandbox(TreeFelling, DIRECTORY) == []


def test_lines_that_too_few_paths_reach_are_named() -> None:
    left = unreached_in_sandbox(TreeFelling, DIRECTORY, paths=1)
    assert left
    assert all(each.rpartition(":")[0].endswith("workflows/tree_felling.py") for each in left)


def test_what_the_sandbox_refuses_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **options: object) -> driven.Lived:
        raise TaskFailed("RestrictedWorkflowAccessError: Cannot access datetime.datetime.now")

    monkeypatch.setattr(sandboxed, "drive", refuse)
    first, *lines = unreached_in_sandbox(TreeFelling, DIRECTORY)
    assert first.startswith("RestrictedWorkflowAccessError")
    assert lines
