"""What a course may ask of Temporal itself while it is explored: whether it runs changed code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from temporalio import workflow


class Patches:
    """Stands in for the workflow that ``workflow.patched`` asks.

    Attributes:
        begun_before: the case began before each change, and so goes by the code of before; else by the new.
        asked: the changes that the course has asked about.
    """

    logger_details: Mapping[str, Any] = {}

    def __init__(self, *, begun_before: bool) -> None:
        self.begun_before = begun_before
        self.asked: set[str] = set()

    def of(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer what is asked in a loop."""
        workflow._Runtime.set_on_loop(loop, cast("Any", self))

    def workflow_patch(self, id: str, **options: Any) -> bool:
        """What ``workflow.patched`` returns; ``deprecate_patch`` leaves it unread. Options are the SDK's."""
        self.asked.add(id)
        return not self.begun_before

    def workflow_is_replaying(self) -> bool:
        """Never: what a course logs is logged."""
        return False

    workflow_is_replaying_history_events = workflow_is_replaying

    def __getattr__(self, name: str) -> Any:
        asked = name.removeprefix("workflow_")
        raise AttributeError(
            f"the course asks Temporal for {asked!r}, which cannot be explored: use the verbs, and today()"
        )
