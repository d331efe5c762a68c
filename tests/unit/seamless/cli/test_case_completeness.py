"""What the archive is compared with before it is called whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from archive.reader import ArchiveReader
from network.broker.topic_state import TopicState
from seamless.cli import case_completeness
from seamless.cli.case_completeness import Comparison, compared_with_open_cases, compared_with_topic
from tests.applications import new_case
from tests.chains import plain_chain, records
from tests.ledger_topic import FakeTopic
from workers.archive.store import ArchiveStore, Move


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_completeness, "CATCH_UP_SECONDS", 0.3)
    monkeypatch.setattr(case_completeness, "PAUSE_SECONDS", 0.01)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[tuple[ArchiveStore, ArchiveReader]]:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    store, reader = ArchiveStore(url), ArchiveReader(url)
    store.prepare()
    yield store, reader
    store.close()
    await reader.close()


async def test_an_archive_is_compared_with_the_ends_of_its_topic(
    archive: tuple[ArchiveStore, ArchiveReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, reader = archive
    topic = FakeTopic()

    async def ask() -> TopicState:
        return topic.state()

    assert (await compared_with_topic(reader, ask)).topic_id_matches is None, "nothing was ever read"
    store.claim(topic.state(), {})
    assert (await compared_with_topic(reader, ask)).complete
    topic.append(plain_chain(2))
    found = await compared_with_topic(reader, ask)
    assert (found.complete, found.missing) == (False, 2)
    monkeypatch.setattr(case_completeness, "CATCH_UP_SECONDS", 30)  # a busy disk takes its time to write
    comparing = asyncio.create_task(compared_with_topic(reader, ask))
    await asyncio.sleep(0.05)
    store.write([], [Move(0, 0, 2, 2)])
    assert (await comparing).complete, "it was behind by a moment only"
    topic.remake()
    found = await compared_with_topic(reader, ask)
    assert (found.complete, found.topic_id_matches) == (False, False)


class Cases:
    """Open cases, some of which have not published anything yet."""

    def __init__(self, opened: Sequence[str], published: Sequence[str]) -> None:
        self._opened, self._published = opened, published

    async def newest(self, limit: int) -> Sequence[str]:
        return self._opened[:limit]

    async def has_published(self, case: str) -> bool:
        return case in self._published


async def test_open_cases_that_the_archive_does_not_know_are_reported(
    archive: tuple[ArchiveStore, ArchiveReader],
) -> None:
    store, reader = archive
    known, missing, just_begun = plain_chain(1), new_case(), new_case()
    store.write(records(known))
    cases = Cases([known[0].case, missing, just_begun], [known[0].case, missing])
    sample = await compared_with_open_cases(reader, cases, asked="a test")
    assert (sample.sampled, sample.unknown) == (3, (missing,))
    compared = Comparison(topic=None, sample=sample, not_compared=(), unread=0)
    assert compared.complete is False
