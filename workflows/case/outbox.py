"""The outbox: the one way by which anything leaves a case."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from contracts.platform import PUBLISH, Batch, Letter, Posting
from contracts.terms.identifiers import AdministrationId
from contracts.wire.ledger import LedgerEntry

BATCH_CHARACTERS = 400_000
"""A batch stays well under Temporal's 2 MB for one payload."""


class Outbox:
    """Collects what a case sends and publishes it in order, one activity at a time.

    All that one activation sends goes in one regular activity. Its input is in history before it
    runs, so a retry repeats the same content; a local activity was seen to fork the chain.
    """

    def __init__(self, administration: AdministrationId, traceparent: str | None) -> None:
        self._administration = administration
        self._traceparent = traceparent
        self._waiting: list[tuple[LedgerEntry, list[Letter]]] = []
        self._sending = False

    def post(self, entry: LedgerEntry) -> None:
        """Add a ledger entry."""
        self._waiting.append((entry, []))

    def attach(self, letter: Letter) -> None:
        """Send a message with the entry that was posted last."""
        self._waiting[-1][1].append(letter)

    async def run(self) -> None:
        """Publish for ever what is posted."""
        while True:
            await self._at_rest()
            self._sending = True
            batch = Batch(
                administration=self._administration,
                traceparent=self._traceparent,
                postings=tuple(self._take()),
            )
            await workflow.execute_activity(
                PUBLISH,
                batch,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=RetryPolicy(
                    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
                ),
            )
            self._sending = False

    async def _at_rest(self) -> None:
        """Return when there is something to send and the activation adds nothing more to it.

        What the course says next in the same activation travels along: fewer activities, and the last
        answer does not leave without the closing that it brings about.
        """
        await workflow.wait_condition(lambda: bool(self._waiting))
        posted = 0
        while posted != len(self._waiting):
            posted = len(self._waiting)
            await workflow.wait_condition(lambda: True)  # looked at when everything that is ready has run

    async def drain(self) -> None:
        """Return when everything posted so far is published."""
        await workflow.wait_condition(lambda: not self._waiting and not self._sending)

    def _take(self) -> list[Posting]:
        taken: list[Posting] = []
        size = 0
        while self._waiting and (not taken or size < BATCH_CHARACTERS):
            entry, letters = self._waiting.pop(0)
            taken.append(Posting(entry=entry, letters=tuple(letters)))
            size += 1000 + len(str(entry.data)) * (1 + len(letters))
        return taken
