"""The archive's lag goes on growing while the database is away, and is not 0 before it is known."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

from tests.chains import plain_chain
from tests.ledger_topic import FakeSource
from tests.unit.workers.archive.test_writer import filled, worker
from workers.archive.lag import LAG, Lag
from workers.archive.writer import NO_DATABASE
from workers.process.readiness import READINESS


def shown() -> float:
    [metric] = LAG.collect()
    return metric.samples[0].value


async def until(lag: float, *, away: bool) -> None:
    """Return when this is the lag, and the process says so of its database."""
    async with asyncio.timeout(5):
        while (shown(), NO_DATABASE in READINESS.reasons) != (lag, away):
            await asyncio.sleep(0.01)


def test_it_is_not_a_number_before_both_ends_are_known() -> None:
    lag = Lag()
    assert math.isnan(shown())
    lag.reaches({0: 7, 1: 2})
    assert math.isnan(shown())
    lag.stands({0: 3, 1: 2})
    assert shown() == 4


def test_what_was_read_last_does_not_take_back_a_later_end() -> None:
    lag = Lag()
    lag.stands({0: 0, 1: 0})
    lag.reaches({0: 9, 1: 4})
    lag.grows({0: 5})
    assert shown() == 13


async def test_it_grows_while_the_database_is_away(tmp_path: Path) -> None:
    file = tmp_path / "archive" / "archive.db"
    topic, _ = filled(3)
    async with worker(file, lambda: FakeSource(topic)):
        await until(0, away=False)
        for each in file.parent.iterdir():
            each.unlink()
        file.parent.rmdir()
        file.parent.write_text("in the way of the folder")
        topic.append(plain_chain(4))
        await until(4, away=True)
        topic.append(plain_chain(3))
        await until(7, away=True)
        file.parent.unlink()
        await until(0, away=False)
