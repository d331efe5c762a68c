"""The outbox: the only way in which anything leaves a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from contracts.platform import Batch, Letter, Opened, Posting, Published
from contracts.terms.identifiers import OPERATOR, AgencyId, Party
from contracts.wire.envelope import Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import messages_topic
from contracts.wire.tracing import Trace
from workflows.case.runtime import Runtime

AFTER_RESET = (
    "this run was made by a Reset. What the case has published stands, and this run would publish other "
    "entries in its place, so it publishes nothing and takes no event. End the case by `seamless case cancel "
    "ID --force`; where it is closed already, terminate this run"
)

BATCH_CHARACTERS = 400_000
"""A batch stays well below Temporal's 2 MB for one payload."""


class WouldFork(RuntimeError):
    """This case's code contradicts what the case has published: to go on would fork its ledger.

    It fails the workflow task, not the case: nothing leaves, and the case goes on once the cause is removed.
    """

    @classmethod
    def of(cls, case: str, found: str) -> Self:
        """The code has changed; with what to do."""
        return cls(
            f"{case}, {found}. The code of its procedure, or of the case library, has changed under it. "
            "Nothing more leaves the case. Run the build again that it ran under, or one whose code says the "
            "same for it; the case goes on by itself then"
        )


class Recorded:
    """A ledger entry in the outbox. The messages that are bound to it leave together with it.

    Attributes:
        entry: as it will be published.
    """

    def __init__(
        self, entry: LedgerEntry, opened: Opened[Any], involved: list[AgencyId], trace: Trace | None
    ) -> None:
        self.entry = entry
        self._trace = trace
        self._opened = opened
        self._involved = involved
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
            if agency not in self._involved:
                self._involved.append(AgencyId(agency))

    def tell_applicant(self, message: Message) -> None:
        """Send a notice through the case's channel.

        Raises:
            RuntimeError: the entry has left already.
        """
        self._bind(Party.channel(self._opened.channel), message)

    def tell_operator(self, message: Message) -> None:
        """Tell the operators of the platform what became of an order.

        Raises:
            RuntimeError: the entry has left already.
        """
        self._bind(OPERATOR, message)

    def answer(self, party: Party, message: Message, letter_id: str | None = None) -> None:
        """Tell a party what became of an event that came from its topic; it need not take part in the case,
        and has a system, also where a check answers what it is asked.

        Args:
            letter_id: the id of the message, where it has one of its own: that of a refusal.

        Raises:
            RuntimeError: the entry has left already.
        """
        self._bind(party, message, letter_id)

    def size(self) -> int:
        """About how many characters this takes in a batch."""
        return 1000 + len(str(self.entry.data)) * (1 + len(self._letters))

    def posting(self) -> Posting:
        """The entry and its messages as they leave; from now on nothing can be bound to it."""
        self._posting = self._posting or Posting(
            entry=self.entry, letters=tuple(self._letters), trace=self._trace
        )
        return self._posting

    def _bind(self, reader: Party, message: Message, letter_id: str | None = None) -> None:
        if self._posting is not None:
            raise RuntimeError(f"{self.entry.id} has left already: a message to {reader} would be lost")
        data: dict[str, Any] | None = message.model_dump(mode="json")
        if self.entry.data is not None and data == self.entry.data.content:
            data = None  # the outbox activity takes the entry's
        letter = Letter(topic=messages_topic(reader), type=message.type, id=letter_id, data=data)
        self._letters.append(letter)


class Outbox:
    """Collects what a case sends and publishes it in order, one activity at a time.

    All that one activation sends goes in one activity.
    """

    def __init__(self, opened: Opened[Any], runtime: Runtime, involved: list[AgencyId]) -> None:
        """``involved`` are the agencies that were told something; more are added."""
        self._opened = opened
        self._runtime = runtime
        self._involved = involved
        self._waiting: list[Recorded] = []
        self._sending = self._gathering = False
        self._fork: WouldFork | None = None

    def post(self, entry: LedgerEntry, trace: Trace | None = None) -> Recorded:
        """Add a ledger entry; to what is returned, messages can be bound in the same activation.

        Args:
            trace: what it follows from.
        """
        recorded = Recorded(entry, self._opened, self._involved, trace)
        self._waiting.append(recorded)
        return recorded

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """What is posted meanwhile leaves together, also where the course goes on in between."""
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False

    async def run(self, leaving: Callable[[], object] = lambda: None) -> None:
        """Publish whatever is posted, until cancelled.

        Args:
            leaving: called in each activation in which something leaves, once it adds nothing more to that.
        """
        while True:
            await self._activation_over()
            if self.failed:
                return
            self._sending = True
            batch = Batch(administration=self._opened.administration, postings=tuple(self._take()))
            leaving()
            published = await self._runtime.publish(batch)
            self._fork = _fork(batch, published, Published.of(batch, self._runtime.run_id))
            if self._fork is not None:
                return
            self._sending = False

    def fail(self, fork: WouldFork) -> WouldFork:
        """Let nothing more leave, and fail the task, also where a course catches this."""
        self._fork = self._fork or fork
        return fork

    @property
    def failed(self) -> bool:
        """Whether this code says something else than what was published; :meth:`check` raises it."""
        return self._fork is not None

    def check(self) -> None:
        """Go on only if what was published is what this code says.

        Raises:
            WouldFork: it is not, or a Reset made this run out of one that has published already.
        """
        if self._fork is not None:
            raise self._fork
        if self._runtime.was_reset:
            raise WouldFork(f"{self._opened.case}: {AFTER_RESET}")

    async def _activation_over(self) -> None:
        """Return when there is something to send and the activation adds nothing more to it.

        What the course adds next in the same activation leaves with it: fewer activities, and the last
        answer does not leave without the closing that it causes.
        """
        await self._runtime.until(lambda: bool(self._waiting) and not self._gathering)
        await self._runtime.settle(lambda: len(self._waiting))

    async def drain(self) -> None:
        """Return when everything posted so far is published.

        Raises:
            WouldFork: something else was published.
        """
        await self._runtime.until(lambda: self.failed or (not self._waiting and not self._sending))
        self.check()

    def _take(self) -> list[Posting]:
        """The next batch: at least one entry, then more until it has ``BATCH_CHARACTERS``."""
        taken: list[Posting] = []
        size = 0
        while self._waiting and (not taken or size < BATCH_CHARACTERS):
            recorded = self._waiting.pop(0)
            taken.append(recorded.posting())
            size += recorded.size()
        return taken


def _fork(batch: Batch, published: Published, expected: Published) -> WouldFork | None:
    """Why the ledger would fork, with what to do; None where what was published is as expected."""
    if published == expected:
        return None
    first, last = batch.postings[0].entry, batch.postings[-1].entry
    if published.run != expected.run:
        return WouldFork(f"{last.case}: {AFTER_RESET}")
    what = f"entries {first.sequence} to {last.sequence} ({first.kind} to {last.kind})"
    if published.head != expected.head:
        found = (
            f"{what}: {published.head} was published, and this worker's code would have said {expected.head}"
        )
    else:
        found = f"{what}: they were published with other letters than this worker's code would have sent"
    return WouldFork.of(last.case, found)
