"""The outbox activity: what a case sends becomes records on Kafka."""

from __future__ import annotations

from collections.abc import Iterator

from temporalio import activity

from activities.publisher import Publisher, Record
from contracts.case import PUBLISH, Batch, Posting
from contracts.dialogue import LEDGER_ENTRY
from contracts.envelope import Event, platform_source
from contracts.topics import LEDGER


class OutboxActivity:
    """Publishes batches; a retry publishes the same events again, with the same ids and content."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    @activity.defn(name=PUBLISH)
    async def publish(self, batch: Batch) -> None:
        """Publish a batch in order and return when the broker has all of it."""
        await self._publisher.publish(
            [record for posting in batch.postings for record in _records(batch, posting)]
        )


def _records(batch: Batch, posting: Posting) -> Iterator[Record]:
    entry = posting.entry
    source = platform_source(batch.administration)

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
        value, headers = event.encode()
        return Record(topic, entry.case, value, headers)

    yield record(LEDGER, entry.id, LEDGER_ENTRY, entry.model_dump(mode="json"))
    for number, letter in enumerate(posting.letters, start=1):
        content = letter.data if letter.data is not None else (entry.data.content if entry.data else {})
        yield record(letter.topic, f"{entry.id}/{number}", letter.type, content)
