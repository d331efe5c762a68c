"""The outbox activity: what a case sends becomes records on Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.happenings import Happenings
from activities.tracing import publishing
from archive.completeness import NoArchive
from archive.reader import ArchiveReader
from contracts.platform import PUBLISH, Batch, Posting, Published
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import PLATFORM
from contracts.wire.envelope import Event
from contracts.wire.ledger import Kind
from contracts.wire.topics import LEDGER
from contracts.wire.tracing import Trace
from network.broker.publisher import Publisher, Record

log = structlog.get_logger(__name__)

PUBLISHED = Counter(
    "seamless_ledger_entries_published_total",
    "Ledger entries published, copies included.",
    ["procedure", "kind"],
)
LETTERS = Counter(
    "seamless_letters_published_total",
    "Messages to agencies and channels, copies included, by the topic that they went to.",
    ["topic"],
)


def begin_at_zero(topics: Iterable[str]) -> None:
    """Show what was not published yet as 0: a rate does not see the first increase of a series that begins
    with it.

    Args:
        topics: those on which agencies and channels are told something.
    """
    for procedure in CATALOGUE:
        for kind in get_args(Kind):
            PUBLISHED.labels(procedure, kind)
    for topic in topics:
        LETTERS.labels(topic)


class OutboxActivity:
    """Publishes batches; a retry publishes the same events again, with the same ids and content."""

    def __init__(self, publisher: Publisher, archive: ArchiveReader | None = None) -> None:
        """
        Args:
            archive: knows what cases have said. Without it, a case that Temporal fell back with could fork
                its ledger.
        """
        self._publisher = publisher
        self._archive = archive
        self._warned = False
        self._happenings = Happenings()

    @activity.defn(name=PUBLISH)
    async def publish(self, batch: Batch) -> Published:
        """Publish a batch in order; what was published, once the broker has all of it.

        Raises:
            ApplicationError: other entries are in its place.
        """
        await self._check(batch)
        with publishing(batch) as traces:
            await self._publisher.publish(
                [
                    record
                    for posting, trace in zip(batch.postings, traces, strict=True)
                    for record in records_of(batch, posting, trace)
                ]
            )
        for posting in batch.postings:
            _count(posting)
            self._happenings.tell(posting.entry)
        return Published.of(batch, activity.info().workflow_run_id or "")

    async def _check(self, batch: Batch) -> None:
        """Publish nothing where the number is taken: Temporal may have been restored to an earlier point, and
        the case would then contradict what it has published since."""
        if self._archive is None:
            return
        entries = [posting.entry for posting in batch.postings]
        first, last = entries[0], entries[-1]
        try:
            stand = await self._archive.hashes(first.case, first.sequence, last.sequence)
        except (NoArchive, SQLAlchemyError) as error:
            if not self._warned:
                log.warning("what cases have said cannot be read; going on without", error=str(error))
            self._warned = True
            return
        self._warned = False
        for entry in entries:
            if stand.get(entry.sequence, entry.hash) != entry.hash:
                raise ApplicationError(
                    f"entry {entry.sequence} of {entry.case} stands in its ledger, and says something else. "
                    "Temporal has fallen back: see docs/operating.md, Restoring Temporal",
                    type="FellBack",
                )


def _count(posting: Posting) -> None:
    entry = posting.entry
    PUBLISHED.labels(entry.procedure, entry.kind).inc()
    for letter in posting.letters:
        LETTERS.labels(letter.topic).inc()


def records_of(batch: Batch, posting: Posting, trace: Trace | None = None) -> Iterator[Record]:
    """The records of one entry of a batch: the entry, and the messages that are its publication.

    Args:
        trace: the context that they go out with; without, that of what they follow from.
    """
    entry = posting.entry
    source = PLATFORM.source(batch.administration)
    context = trace or posting.trace or Trace()

    def record(topic: str, event_id: str, event_type: str, data: dict[str, object]) -> Record:
        event = Event(
            specversion="1.0",
            id=event_id,
            source=source,
            type=event_type,
            subject=entry.case,
            partitionkey=entry.case,
            time=entry.recorded,
            sequence=f"{entry.sequence:010d}",
            traceparent=context.parent,
            tracestate=context.state,
            requestid=entry.request,
            data=data,
        )
        return Record(topic, entry.case, *event.encode())

    yield record(LEDGER, entry.id, entry.type, entry.model_dump(mode="json"))
    for number, letter in enumerate(posting.letters, start=1):
        content = letter.data if letter.data is not None else (entry.data.content if entry.data else {})
        yield record(letter.topic, letter.id or f"{entry.id}/{number}", letter.type, content)
