"""What the gateway concludes from the archive: its no counts only where it is proven."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.completeness import ArchiveIncomplete
from archive.reader import ArchiveReader
from network.broker.connection import Broker
from tests.applications import new_case
from tests.chains import plain_chain
from tests.ledger_topic import FakeTopic
from workers.archive.store import ArchiveStore, Move
from workers.gateway.case_history import LAG_SECONDS, ProvenHistory


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Town:
    """An archive, its topic, and a gateway that asks."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.topic = FakeTopic(partitions=1)
        self.clock = Clock()
        self.reader = ArchiveReader(f"sqlite:///{file}")
        self.start_gateway()

    def start_gateway(self) -> None:
        self.history = ProvenHistory(self.reader, Broker("127.0.0.1:1"), clock=self.clock)

    def look(self, after: float = 1) -> None:
        self.clock.now += after
        self.history.observe(self.topic.state())

    def archive(self) -> None:
        """Write all that is on the topic."""
        store = ArchiveStore(f"sqlite:///{self.file}")
        store.prepare()
        places = store.claim(self.topic.state(), store.positions())
        log = self.topic.logs[0]
        records = [record for record in log[places[0] :] if record is not None]
        store.write(records, [Move(0, places[0], len(log), len(log))] if places[0] != len(log) else [])
        store.close()

    async def says_no(self) -> bool:
        """Whether it says that it does not know a case, rather than nothing."""
        case = new_case()
        try:
            assert await self.history.opening(case) is None
        except ArchiveIncomplete:
            for question in (self.history.caused_by(case, "x"), self.history.closed(case)):
                with pytest.raises(ArchiveIncomplete):
                    await question
            return False
        assert await self.history.caused_by(case, "x") == []
        assert not await self.history.closed(case)
        return True


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    built = Town(tmp_path / "archive.db")
    yield built
    await built.reader.close()


async def test_an_empty_archive_of_an_empty_topic_says_no_at_once(town: Town) -> None:
    assert not await town.says_no(), "nobody has looked yet"
    town.look()
    assert not await town.says_no(), "there is no archive yet"
    town.archive()
    assert await town.says_no()


async def test_an_archive_that_is_rebuilt_says_no_when_it_has_caught_up(town: Town) -> None:
    town.topic.append(plain_chain(5))
    town.look()
    store = ArchiveStore(f"sqlite:///{town.file}")
    store.prepare()
    store.claim(town.topic.state(), {})
    assert not await town.says_no()
    store.write([], [Move(0, 0, 4, 5)])
    assert not await town.says_no()
    store.write([], [Move(0, 4, 5, 5)])
    assert await town.says_no()
    store.close()


async def test_what_it_knows_it_tells(town: Town) -> None:
    entries = plain_chain(2)
    town.topic.append(entries)
    town.look()
    town.archive()
    assert await town.history.opening(entries[0].case) == entries[0]


async def test_an_archive_that_is_behind_by_a_moment_says_no(town: Town) -> None:
    town.look()
    town.archive()
    assert await town.says_no()
    for _ in range(10):
        town.topic.append(plain_chain(3))
        town.look()
        assert await town.says_no(), "Temporal still has what the archive lacks"


async def test_an_archive_that_is_behind_for_long_says_nothing(town: Town) -> None:
    town.look()
    town.archive()
    town.topic.append(plain_chain(3))
    passed = 0.0
    while await town.says_no():
        town.look(after=60)
        passed += 60
    assert LAG_SECONDS <= passed <= 2 * LAG_SECONDS + 60
    town.archive()
    assert await town.says_no()


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_old_backup_says_nothing_before_it_has_caught_up(town: Town, restarted: bool) -> None:
    backup = town.file.with_name("backup.db")
    town.topic.append(plain_chain(3))
    town.look()
    town.archive()
    assert await town.says_no()
    with closing(sqlite3.connect(town.file)) as live, closing(sqlite3.connect(backup)) as copy:
        live.backup(copy)
    town.topic.append(plain_chain(3))
    town.archive()
    assert await town.says_no()
    for each in town.file.parent.glob("archive.db-*"):  # it belongs to the file that goes
        each.unlink()
    backup.replace(town.file)
    if restarted:
        town.start_gateway()
        town.look()
    assert not await town.says_no()
    town.archive()
    assert await town.says_no()


async def test_an_old_backup_is_known_although_nobody_had_asked_since(town: Town) -> None:
    town.topic.append(plain_chain(3))
    town.look()
    town.archive()
    assert await town.says_no()
    town.topic.append(plain_chain(3))
    town.archive()
    await town.history.watch()
    town.file.unlink()
    store = ArchiveStore(f"sqlite:///{town.file}")
    store.prepare()
    store.claim(town.topic.state(), {})
    store.write([], [Move(0, 0, 3, 3)])
    store.close()
    assert not await town.says_no()
    town.archive()
    assert await town.says_no()


async def test_an_archive_that_was_deleted_says_nothing_before_it_is_rebuilt(town: Town) -> None:
    town.topic.append(plain_chain(3))
    town.look()
    town.archive()
    assert await town.says_no()
    town.file.unlink()
    assert not await town.says_no()
    ArchiveStore(f"sqlite:///{town.file}").prepare()
    assert not await town.says_no(), "tables are no archive yet"
    town.archive()
    assert await town.says_no()


async def test_the_archive_of_another_topic_says_nothing(town: Town) -> None:
    town.look()
    town.archive()
    assert await town.says_no()
    town.topic.remake()
    town.look()
    assert not await town.says_no()


async def test_a_topic_that_lost_its_end_is_not_waited_for(town: Town) -> None:
    town.topic.append(plain_chain(9))
    town.look()
    town.archive()
    assert await town.says_no()
    del town.topic.logs[0][5:]
    town.look()
    town.archive()  # reads it again from its start
    assert await town.says_no()


async def test_while_the_broker_cannot_be_asked_for_long_nothing_is_proven(town: Town) -> None:
    town.look()
    town.archive()
    town.clock.now += LAG_SECONDS
    assert await town.says_no()
    town.clock.now += 1
    assert not await town.says_no()
