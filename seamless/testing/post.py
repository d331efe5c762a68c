"""What leaves a case under test: kept here instead of sent to Kafka."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from contracts.platform import AWAIT_GATEWAY, PUBLISH, Batch, Fence, FencePassed, Published
from contracts.wire.ledger import LedgerEntry


class Post:
    """The outbox and the fence of one case.

    Attributes:
        entries: its ledger.
        letters: topic, type and content of every message, in order.
        fences: what was waited for before a consequence took effect.
        finds: what the next of them find, in order; without any, that everything in time has come.
    """

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []
        self.letters: list[tuple[str, str, dict[str, Any]]] = []
        self.fences: list[Fence] = []
        self.finds: list[FencePassed] = []

    @activity.defn(name=PUBLISH)
    async def publish(self, batch: Batch) -> Published:
        """Keep a batch, once, however often it is published."""
        for posting in batch.postings:
            entry = posting.entry
            if entry.sequence <= len(self.entries):
                continue
            self.entries.append(entry)
            for letter in posting.letters:
                content = letter.data if letter.data is not None else entry.data.content if entry.data else {}
                self.letters.append((letter.topic, letter.type, content))
        return Published.of(batch, activity.info().workflow_run_id or "")

    @activity.defn(name=AWAIT_GATEWAY)
    async def await_gateway(self, fence: Fence) -> FencePassed:
        """Everything that came in time is in the case, unless the test has it found otherwise."""
        self.fences.append(fence)
        return self.finds.pop(0) if self.finds else FencePassed()
