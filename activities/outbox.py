"""The outbox activity: what a case sends becomes records on Kafka."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from prometheus_client import Counter
from temporalio import activity

from contracts.platform import PUBLISH, Batch, Posting, Published
from contracts.terms.identifiers import PLATFORM
from contracts.wire.envelope import Event
from contracts.wire.topics import LEDGER
from network.broker.publisher import Publisher, Record

log = structlog.get_logger(__name__)

PUBLISHED = Counter(
    "seamless_ledger_entries_published_total",
    "Ledger entries published, copies included.",
    ["procedure", "kind"],
)
LETTERS = Counter(
    "seamless_letters_published_total", "Messages to agencies and channels, copies included.", ["procedure"]
)


class OutboxActivity:
    """Publishes batches; a retry publishes the same events again, with the same ids and content."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    @activity.defn(name=PUBLISH)
    async def publish(self, batch: Batch) -> Published:
        """Publish a batch in order; what was published, once the broker has all of it."""
        await self._publisher.publish(
            [record for posting in batch.postings for record in _records(batch, posting)]
        )
        for posting in batch.postings:
            _log(posting)
        return Published.of(batch, activity.info().workflow_run_id or "")


def _log(posting: Posting) -> None:
    entry = posting.entry
    PUBLISHED.labels(entry.procedure, entry.kind).inc()
    LETTERS.labels(entry.procedure).inc(len(posting.letters))
    if entry.kind in ("opened", "decided", "closed"):
        log.info(entry.kind, case=entry.case, procedure=entry.procedure, outcome=entry.outcome)


def _records(batch: Batch, posting: Posting) -> Iterator[Record]:
    entry = posting.entry
    source = PLATFORM.source(batch.administration)

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
            traceparent=batch.traceparent,
            requestid=entry.request,
            data=data,
        )
        return Record(topic, entry.case, *event.encode())

    yield record(LEDGER, entry.id, entry.type, entry.model_dump(mode="json"))
    for number, letter in enumerate(posting.letters, start=1):
        content = letter.data if letter.data is not None else (entry.data.content if entry.data else {})
        yield record(letter.topic, letter.id or f"{entry.id}/{number}", letter.type, content)
