"""The outbox publishes nothing in the place of an entry that stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.outbox import OutboxActivity
from archive.reader import ArchiveReader
from contracts.platform import Batch, Posting
from contracts.terms.identifiers import AdministrationId
from contracts.wire.ledger import LedgerEntry
from tests.applications import ADMINISTRATION
from tests.chains import plain_chain, records
from tests.stages import Kept
from workers.archive.store import ArchiveStore


class Outbox:
    """The outbox on an archive."""

    def __init__(self, url: str) -> None:
        self.publisher = Kept()
        self._archive = ArchiveReader(url)

    def publish(self, entries: Sequence[LedgerEntry]) -> int:
        """How many records were published."""
        batch = Batch(
            administration=AdministrationId(ADMINISTRATION),
            postings=tuple(Posting(entry=entry) for entry in entries),
        )
        before = len(self.publisher.records)
        outbox = OutboxActivity(self.publisher, self._archive)
        asyncio.run(ActivityEnvironment().run(outbox.publish, batch))
        return len(self.publisher.records) - before


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.db'}"


@pytest.fixture
def store(url: str) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(url)
    opened.prepare()
    yield opened
    opened.close()


def said_later(entry: LedgerEntry) -> LedgerEntry:
    """What a case that fell back says in the place of an entry: the same, at another time."""
    return entry.model_copy(update={"recorded": entry.recorded + timedelta(hours=1)}).sealed()


def test_what_stands_is_published_again_and_what_follows_too(url: str, store: ArchiveStore) -> None:
    entries = plain_chain(4)
    store.write(records(entries[:2]))
    assert Outbox(url).publish(entries[1:3]) == 2  # after a crash the first of them is a copy
    assert Outbox(url).publish(entries[3:]) == 1


@pytest.mark.parametrize("stand", [1, 2, 3])
def test_nothing_of_a_batch_leaves_whose_place_is_taken(url: str, store: ArchiveStore, stand: int) -> None:
    entries = plain_chain(3)
    store.write(records(entries[:stand]))
    outbox = Outbox(url)
    with pytest.raises(ApplicationError, match=f"entry {stand} of {entries[0].case} stands in its ledger"):
        outbox.publish([*entries[: stand - 1], *map(said_later, entries[stand - 1 :])])
    assert outbox.publisher.records == []


def test_other_cases_are_others(url: str, store: ArchiveStore) -> None:
    store.write(records(plain_chain(3)))
    assert Outbox(url).publish(plain_chain(3)) == 3


def test_without_an_archive_cases_go_on(url: str) -> None:
    assert Outbox(url).publish(plain_chain(2)) == 2
