"""What the archive worker tells Prometheus of all cases: true after every restart, and of bounded size."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from archive.figures import Figures
from archive.reader import ArchiveReader
from archive.totals import OTHER, WAIT, Place
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import load_directory
from tests.chains import chain
from tests.ledger_topic import FakeSource, FakeTopic
from tests.unit.workers.archive.test_writer import PATIENCE_SECONDS, delete, settings
from workers.archive import counting as counting_module
from workers.archive import writer as writer_module
from workers.archive.counting import Counting
from workers.archive.figures import ArchiveFigures, bounded
from workers.archive.lag import Lag
from workers.archive.writer import ArchiveWriter

DIRECTORY = load_directory()
NOTHING = Figures({}, {}, {}, {}, {}, datetime(2026, 3, 2, tzinfo=UTC))
OPENED = "seamless_cases_opened_total"


def scraped(figures: Figures | None) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every series, by its name and its labels' values, as Prometheus would read them."""
    registry = CollectorRegistry()
    shown = ArchiveFigures(DIRECTORY)
    registry.register(shown)
    if figures is not None:
        shown.tell(figures)
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_series_that_can_be_is_there_from_the_start_at_zero() -> None:
    series = scraped(NOTHING)
    for procedure in CATALOGUE:
        assert series[OPENED, (procedure,)] == 0
    labels = {frozenset(labels) for name, labels in series if name == "seamless_requests_deemed_total"}
    assert frozenset({"fire-safety", "consent"}) in labels
    assert math.isnan(series["seamless_requests_earliest_due_timestamp_seconds", ("planning",)])
    assert not [name for name, labels in series if OTHER in labels]
    assert not [name for name, _ in series if name.endswith("_created")]
    assert len(series) < 2500


def test_before_it_is_known_there_is_no_series_that_would_seem_to_grow() -> None:
    assert scraped(None) == {}


def test_the_buckets_of_a_histogram_rise_to_its_count() -> None:
    totals = {
        Place("request_wait_seconds_bucket", "planning", "0"): 2,
        Place("request_wait_seconds_bucket", "planning", str(len(WAIT.bounds))): 3,
        Place("request_wait_seconds_sum", "planning"): 12.5,
        Place("request_wait_seconds_bucket", "an-agency-that-left", "1"): 1,
        Place("request_wait_seconds_sum", "an-agency-that-left"): 30,
    }
    found = scraped(replace_totals(totals))
    of = {
        labels: value
        for (name, labels), value in found.items()
        if name == "seamless_request_wait_seconds_bucket"
    }
    rising = [value for labels, value in of.items() if "planning" in labels]
    assert rising == [2] * len(WAIT.bounds) + [5]
    assert found["seamless_request_wait_seconds_count", ("planning",)] == 5
    assert found["seamless_request_wait_seconds_sum", ("planning",)] == 12.5
    assert found["seamless_request_wait_seconds_count", (OTHER,)] == 1
    assert found["seamless_request_wait_seconds_count", ("drainage",)] == 0


def replace_totals(totals: dict[Place, float]) -> Figures:
    return NOTHING._replace(totals=totals)


LABELS = st.sampled_from(["a", "b", "c", "strange"])


@given(
    st.dictionaries(st.tuples(LABELS, LABELS), st.integers(1, 9).map(float)),
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("bc")), unique=True, min_size=1),
)
def test_nothing_is_lost_and_nothing_unknown_is_named(
    found: dict[tuple[str, ...], float], known: list[tuple[str, ...]]
) -> None:
    kept = bounded(found, known)
    assert sum(kept.values()) == sum(found.values())
    assert set(known) <= kept.keys()
    for number in (0, 1):
        assert {labels[number] for labels in kept} <= {labels[number] for labels in known} | {OTHER}


# --- while the archive is filled, lost and restored ---------------------------------------------------------


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHECK_SECONDS", "STANDBY_SECONDS", "FIRST_PAUSE_SECONDS", "LONGEST_PAUSE_SECONDS"):
        monkeypatch.setattr(writer_module, name, 0.02)
    monkeypatch.setattr(counting_module, "SOON_SECONDS", 0.01)


class Worker:
    """An archive worker with its figures."""

    def __init__(self, file: Path) -> None:
        self.registry = CollectorRegistry()
        self.lag = Lag()
        self.reader = ArchiveReader(f"sqlite:///{file}")
        self.counting = Counting(self.reader, DIRECTORY, self.lag, registry=self.registry)
        self.seen: set[float] = set()

    @property
    def opened(self) -> float | None:
        value = self.registry.get_sample_value(OPENED, {"procedure": "construction-permit"})
        if value is not None:
            self.seen.add(value)
        return value

    async def until(self, opened: float) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.opened != opened:
                await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def running(file: Path, topic: FakeTopic) -> AsyncIterator[Worker]:
    stopping = asyncio.get_running_loop().create_future()
    worker = Worker(file)
    source = lambda: FakeSource(topic, batch=2)  # noqa: E731
    writing = asyncio.create_task(
        ArchiveWriter(settings(file), stopping, source=source, lag=worker.lag).run()
    )
    counting = asyncio.create_task(worker.counting.keep_counting(0.005))
    try:
        yield worker
    finally:
        counting.cancel()
        stopping.set_result(None)
        await asyncio.wait_for(writing, PATIENCE_SECONDS)
        await worker.reader.close()


def open_cases(topic: FakeTopic, count: int) -> None:
    for number in range(count):
        topic.append(chain({"kind": "opened"}, {}, {}), number % topic.partitions)


async def test_a_counter_goes_on_after_a_restart_where_it_stood(tmp_path: Path) -> None:
    topic = FakeTopic()
    open_cases(topic, 20)
    async with running(tmp_path / "archive.db", topic) as worker:
        await worker.until(20)
    open_cases(topic, 1)
    async with running(tmp_path / "archive.db", topic) as worker:
        await worker.until(21)
        assert worker.seen == {21}


async def test_an_archive_that_is_lost_and_made_again_counts_nothing_twice(tmp_path: Path) -> None:
    """A counter that fell and rose again would have counted the cases of years a second time."""
    file, topic = tmp_path / "archive.db", FakeTopic()
    open_cases(topic, 50)
    async with running(file, topic) as worker:
        await worker.until(50)
        delete(file)
        open_cases(topic, 1)
        await worker.until(51)
        assert worker.seen == {50, 51}


async def test_an_archive_that_lost_records_is_not_complete(tmp_path: Path) -> None:
    topic = FakeTopic()
    open_cases(topic, 9)
    topic.starts[0] = 2
    async with running(tmp_path / "archive.db", topic) as worker:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while counting_module.LOST._value.get() != 2:
                await asyncio.sleep(0.005)
        assert counting_module.COMPLETE._value.get() == 0
        assert worker.opened is not None


async def test_whether_it_is_complete_is_not_known_before_its_topic_is(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "archive.db")
    assert math.isnan(counting_module.COMPLETE._value.get())
    await worker.reader.close()


async def test_a_database_that_is_away_is_told_once_and_what_was_counted_is_kept(tmp_path: Path) -> None:
    file, topic = tmp_path / "archive.db", FakeTopic()
    open_cases(topic, 5)
    with capture_logs() as logs:
        async with running(file, topic) as worker:
            await worker.until(5)
            file.rename(tmp_path / "aside.db")
            file.mkdir()  # nobody can open it
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not math.isnan(counting_module.COMPLETE._value.get()):
                    await asyncio.sleep(0.005)
            await asyncio.sleep(0.1)
            assert worker.opened == 5
            file.rmdir()
            (tmp_path / "aside.db").rename(file)
            open_cases(topic, 1)
            await worker.until(6)
    assert [each["event"] for each in logs].count("cases are not counted") == 1
