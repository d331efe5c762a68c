"""The archive worker catches up from the archive's own positions, whatever happened to the archive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from archive.completeness import Completeness, NoArchive
from archive.reader import ArchiveReader
from contracts.terms.errors import Unavailable
from contracts.wire.ledger import LedgerEntry
from tests.chains import plain_chain
from tests.ledger_topic import FakeSource, FakeTopic
from workers.archive import writer as writer_module
from workers.archive.source import Batch
from workers.archive.writer import ArchiveWriter
from workers.process.settings import Settings

PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(writer_module, "STANDBY_SECONDS", 0.02)
    monkeypatch.setattr(writer_module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE_SECONDS", 0.02)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "archive.db"


def settings(file: Path) -> Settings:
    return Settings(archive=f"sqlite:///{file}")


@contextlib.asynccontextmanager
async def worker(file: Path, source: Callable[[], FakeSource]) -> AsyncIterator[None]:
    """A worker that runs meanwhile, and is stopped at the end."""
    stopping = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(ArchiveWriter(settings(file), stopping, source=source).run())
    try:
        yield
    finally:
        stopping.set_result(None)
        await asyncio.wait_for(running, PATIENCE_SECONDS)


async def compared(file: Path, topic: FakeTopic) -> Completeness:
    """The archive compared with the topic, by a reader that opens it now."""
    reader = ArchiveReader(f"sqlite:///{file}")
    try:
        state = topic.state()
        return await reader.completeness(
            topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
    finally:
        await reader.close()


async def count(file: Path) -> int:
    reader = ArchiveReader(f"sqlite:///{file}")
    try:
        return await reader.count()
    finally:
        await reader.close()


async def until(file: Path, topic: FakeTopic, reached: Callable[[Completeness], bool]) -> Completeness:
    """The archive compared with the topic, once that is as ``reached`` says."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with contextlib.suppress(NoArchive):
                if reached(found := await compared(file, topic)):
                    return found
            await asyncio.sleep(0.01)


async def until_complete(file: Path, topic: FakeTopic) -> None:
    await until(file, topic, lambda found: found.complete)


def filled(chains: int = 20, length: int = 5) -> tuple[FakeTopic, list[list[LedgerEntry]]]:
    topic = FakeTopic()
    ledgers = [plain_chain(length) for _ in range(chains)]
    for number, entries in enumerate(ledgers):
        topic.append(entries, number % topic.partitions)
    return topic, ledgers


def delete(file: Path) -> None:
    """Delete a database with what SQLite keeps beside it."""
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


class Killed(BaseException):
    """The process died."""


class DyingSource(FakeSource):
    """Dies after so many batches."""

    def __init__(self, topic: FakeTopic, batches: int) -> None:
        super().__init__(topic)
        self._left = batches

    async def read(self) -> Batch:
        if not self._left:
            raise Killed
        self._left -= 1
        return await super().read()


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
async def test_a_rebuild_that_was_killed_says_that_it_is_incomplete_and_goes_on(
    file: Path, batches: int
) -> None:
    topic, _ = filled()
    stopping = asyncio.get_running_loop().create_future()
    dying = ArchiveWriter(settings(file), stopping, source=lambda: DyingSource(topic, batches))
    with pytest.raises(Killed):
        await dying.run()
    found = await compared(file, topic)
    assert (found.complete, found.missing) == (False, 100 - 30 * batches)
    assert f"{found.missing} records" in found.why
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    assert await count(file) == 100


async def test_an_old_backup_catches_up_by_itself(file: Path) -> None:
    topic, _ = filled()
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    shutil.copy(file, file.with_suffix(".backup"))
    topic.append(plain_chain(7), 1)
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    shutil.copy(file.with_suffix(".backup"), file)
    found = await compared(file, topic)
    assert (found.complete, found.missing) == (False, 7)
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    assert await count(file) == 107


async def test_an_archive_that_is_deleted_under_its_worker_is_rebuilt(file: Path) -> None:
    topic, _ = filled()
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
        delete(file)
        with pytest.raises(NoArchive):
            await compared(file, topic)
        await until_complete(file, topic)
        topic.append(plain_chain(2))
        await until_complete(file, topic)
    assert await count(file) == 102


async def test_what_sqlite_leaves_beside_a_deleted_archive_does_not_come_back(file: Path) -> None:
    topic, _ = filled(3)
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
        os.unlink(file)  # and its write-ahead log stays, with rows and positions in it
        await until_complete(file, topic)
    reader = ArchiveReader(f"sqlite:///{file}")
    assert await reader.all_faults() == (3, 15, {})
    await reader.close()


async def test_two_workers_on_one_archive_lose_and_double_nothing(file: Path) -> None:
    topic, _ = filled(60)
    async with worker(file, lambda: FakeSource(topic)), worker(file, lambda: FakeSource(topic, batch=7)):
        for _ in range(20):
            topic.append(plain_chain(3), 2)
            await asyncio.sleep(0.005)
        await until_complete(file, topic)
    reader = ArchiveReader(f"sqlite:///{file}")
    assert await reader.all_faults() == (80, 360, {})
    await reader.close()


async def test_two_archives_of_one_topic_take_nothing_from_each_other(tmp_path: Path) -> None:
    topic, _ = filled()
    one, other = tmp_path / "one.db", tmp_path / "other.db"
    async with worker(one, lambda: FakeSource(topic)), worker(other, lambda: FakeSource(topic)):
        await until_complete(one, topic)
        await until_complete(other, topic)
    assert await count(one) == await count(other) == 100


async def test_what_is_no_record_is_read_past(file: Path) -> None:
    topic, _ = filled(3)
    topic.mark()
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
        topic.mark(1)
        await until_complete(file, topic)


async def test_an_empty_topic_is_complete_at_once(file: Path) -> None:
    topic = FakeTopic()
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    assert (await compared(file, topic)).why == ""


async def test_an_archive_of_another_topic_is_not_mixed_with_this_one(file: Path) -> None:
    topic, _ = filled()
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
    topic.remake()
    topic.append(plain_chain(2))
    found = await compared(file, topic)
    assert (found.complete, found.topic_id_matches) == (False, False)
    assert "another topic" in found.why
    never = asyncio.get_running_loop().create_future()
    with pytest.raises(Unavailable, match="empty database"):
        await asyncio.wait_for(
            ArchiveWriter(settings(file), never, source=lambda: FakeSource(topic)).run(), PATIENCE_SECONDS
        )
    assert await count(file) == 100


async def test_records_that_the_topic_dropped_unread_are_told_for_ever(file: Path) -> None:
    topic, _ = filled()
    topic.starts[1] = 4
    async with worker(file, lambda: FakeSource(topic)):
        found = await until(file, topic, lambda found: not found.missing)
    assert (found.complete, found.missing, found.lost) == (False, 0, 4)
    assert "gone" in found.why


async def test_a_topic_that_lost_its_end_is_read_again(file: Path) -> None:
    topic, _ = filled(3)
    async with worker(file, lambda: FakeSource(topic)):
        await until_complete(file, topic)
        del topic.logs[0][3:]
        await asyncio.sleep(0.1)
        topic.append(plain_chain(4))
        await until_complete(file, topic)
    assert await count(file) == 19


async def test_a_database_that_comes_back_is_written_on(file: Path) -> None:
    topic, _ = filled(3)
    file.parent.write_text("in the way of the folder")
    async with worker(file, lambda: FakeSource(topic)):
        await asyncio.sleep(0.05)
        file.parent.unlink()
        await until_complete(file, topic)
