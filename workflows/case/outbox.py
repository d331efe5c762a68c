"""The outbox: the one way by which anything leaves a case."""

from __future__ import annotations

from typing import Any

from contracts.platform import Batch, Letter, Opened, Posting
from contracts.terms.identifiers import Party
from contracts.wire.envelope import Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import messages_topic
from workflows.case.runtime import Runtime

BATCH_CHARACTERS = 400_000
"""A batch stays well below Temporal's 2 MB for one payload."""


class Recorded:
    """A ledger entry in the outbox. The messages that are bound to it leave together with it.

    Attributes:
        entry: as it will be published.
    """

    def __init__(self, entry: LedgerEntry, opened: Opened[Any]) -> None:
        self.entry = entry
        self._opened = opened
        self._letters: list[Letter] = []
        self._posting: Posting | None = None

    @property
    def hash(self) -> str:
        """The hash of the ledger up to this entry."""
        return self.entry.hash

    def tell_agency(self, agency: str, message: Message) -> None:
        """Send a message to an agency's own system.

        An agency that takes part by an automated check has no system that could read it: nothing is sent.

        Raises:
            RuntimeError: the entry has left already.
        """
        if agency not in self._opened.checks:
            self._bind(Party.agency(agency), message)

    def tell_applicant(self, message: Message) -> None:
        """Send a notice through the case's channel.

        Raises:
            RuntimeError: the entry has left already.
        """
        self._bind(Party.channel(self._opened.channel), message)

    def size(self) -> int:
        """About how many characters this takes in a batch."""
        return 1000 + len(str(self.entry.data)) * (1 + len(self._letters))

    def posting(self) -> Posting:
        """The entry and its messages as they leave; from now on nothing can be bound to it."""
        self._posting = self._posting or Posting(entry=self.entry, letters=tuple(self._letters))
        return self._posting

    def _bind(self, reader: Party, message: Message) -> None:
        if self._posting is not None:
            raise RuntimeError(f"{self.entry.id} has left already: a message to {reader} would be lost")
        data: dict[str, Any] | None = message.model_dump(mode="json")
        if self.entry.data is not None and data == self.entry.data.content:
            data = None  # the outbox activity takes the entry's
        self._letters.append(Letter(topic=messages_topic(reader), type=message.type, data=data))


class Outbox:
    """Collects what a case sends and publishes it in order, one activity at a time.

    All that one activation sends goes in one activity.
    """

    def __init__(self, opened: Opened[Any], runtime: Runtime) -> None:
        self._opened = opened
        self._runtime = runtime
        self._waiting: list[Recorded] = []
        self._sending = False

    def post(self, entry: LedgerEntry) -> Recorded:
        """Add a ledger entry; to what is returned, messages can be bound in the same activation."""
        recorded = Recorded(entry, self._opened)
        self._waiting.append(recorded)
        return recorded

    async def run(self) -> None:
        """Publish whatever is posted, until cancelled."""
        while True:
            await self._activation_over()
            self._sending = True
            await self._runtime.publish(
                Batch(
                    administration=self._opened.administration,
                    traceparent=self._opened.traceparent,
                    postings=tuple(self._take()),
                )
            )
            self._sending = False

    async def _activation_over(self) -> None:
        """Return when there is something to send and the activation adds nothing more to it.

        What the course adds next in the same activation leaves with it: fewer activities, and the last
        answer does not leave without the closing that it brings about.
        """
        await self._runtime.until(lambda: bool(self._waiting))
        posted = 0
        while posted != len(self._waiting):
            posted = len(self._waiting)
            await self._runtime.until(lambda: True)

    async def drain(self) -> None:
        """Return when everything posted so far is published."""
        await self._runtime.until(lambda: not self._waiting and not self._sending)

    def _take(self) -> list[Posting]:
        """The next batch: at least one entry, then more until it has ``BATCH_CHARACTERS``."""
        taken: list[Posting] = []
        size = 0
        while self._waiting and (not taken or size < BATCH_CHARACTERS):
            recorded = self._waiting.pop(0)
            taken.append(recorded.posting())
            size += recorded.size()
        return taken
