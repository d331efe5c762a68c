"""The archive on the real servers: what it lacks it says, catches up with, and opens no case for."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.errors import OffsetOutOfRangeError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from archive.completeness import Completeness, NoArchive
from archive.database import sqlite_file
from archive.reader import ArchiveReader
from contracts.terms.errors import Unavailable
from contracts.wire.notices import RefusedNotice
from contracts.wire.topics import LEDGER
from deploy.local.kafka import KafkaEngine
from deploy.local.stack import Stack, environment
from network.broker.connection import Broker
from network.broker.topic_state import topic_state
from network.broker.topics import apply_topics
from tests.chains import plain_chain, record
from tests.integration.judge import archived, dead_letters
from tests.integration.town import Town
from workers.archive.source import KafkaSource
from workers.archive.writer import ArchiveWriter
from workers.gateway.case_history import WATCH_SECONDS
from workers.process.settings import Settings, load_settings
from workers.process.temporal import connect

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 30


@asynccontextmanager
async def archiving(settings: Settings) -> AsyncIterator[None]:
    """An archive worker in this process."""
    stopping = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(ArchiveWriter(settings, stopping).run())
    try:
        await _has_begun(settings, running)
        yield
    finally:
        stopping.set_result(None)
        await asyncio.wait_for(running, PATIENCE_SECONDS)


async def _has_begun(settings: Settings, running: asyncio.Task[None]) -> None:
    reader = ArchiveReader(settings.archive_url)
    try:
        while not running.done():
            with suppress(NoArchive):
                await reader.positions()
                return
            await asyncio.sleep(0.05)
    finally:
        await reader.close()


async def compared(settings: Settings) -> Completeness:
    reader = ArchiveReader(settings.archive_url)
    try:
        async with settings.broker.consuming() as consumer:
            state = await topic_state(consumer, settings.broker.topic(LEDGER))
        return await reader.completeness(
            topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
    finally:
        await reader.close()


async def complete(settings: Settings) -> Completeness:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await compared(settings)).complete:
            await asyncio.sleep(0.1)
    return found


class Verified(NamedTuple):
    code: int
    found: dict[str, Any]
    err: str


async def verify(settings: Settings, *arguments: str) -> Verified:
    """``seamless case verify --json``, as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "seamless.cli.main", "case", "verify", *(arguments or ["--all"]), "--json"),
        env=os.environ | environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Verified(process.returncode or 0, json.loads(out) if out else {}, err.decode())


async def is_gone(client: Client, case: str) -> bool:
    try:
        await client.get_workflow_handle(case).describe()
    except RPCError as error:
        return error.status is RPCStatusCode.NOT_FOUND
    return False


async def forget(client: Client, case: str) -> None:
    """What Temporal does by itself when its retention has passed."""
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=case)
        )
    )
    async with asyncio.timeout(60):
        while not await is_gone(client, case):
            await asyncio.sleep(0.1)


def delete(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


def copy(file: Path, to: Path) -> None:
    """A backup, as ``sqlite3 archive.db .backup`` makes it: of one moment, from a file that is in use."""
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(to)) as backup:
        live.backup(backup)


@pytest.mark.parametrize("archive", ["deleted", "an old backup"])
async def test_while_the_archive_lacks_entries_no_case_is_opened_twice(
    stack: Stack, town: Town, tmp_path: Path, archive: str
) -> None:
    file = sqlite_file(stack.settings.archive_url)
    assert file is not None
    copy(file, tmp_path / "backup.db")
    case = await town.apply()
    await town.closed(case)
    await archived(stack.settings, [case])
    client = await connect(stack.settings)
    await forget(client, case)
    await asyncio.sleep(5 * WATCH_SECONDS)  # retention leaves an hour for this, and this test a moment
    stack.worker("archive").kill()
    delete(file)
    if archive == "an old backup":
        (tmp_path / "backup.db").replace(file)

    await town.apply(case)  # the same again
    new = await town.apply()
    entries = len(town.ledger[case])
    await asyncio.sleep(3)
    assert await is_gone(client, case)
    assert await is_gone(client, new), "nor is one opened that the archive cannot rule out"
    found = await verify(stack.settings)
    assert found.code == (2 if archive == "deleted" else 1), found
    assert "there is no archive" in found.err if archive == "deleted" else found.found["topic"]["missing"]

    stack.start_worker("archive")
    await town.apply(case, project="Another building")
    await town.until(lambda: bool(town.heard("channel.portal.notices", RefusedNotice.type, case)))
    await town.closed(new)
    assert await is_gone(client, case)
    assert len(town.ledger[case]) == entries
    assert [letter.reason for letter in await dead_letters(stack.settings, case)] == ["conflict"]
    await stack.ready()


async def test_an_archive_is_whole_when_it_was_compared(stack: Stack, town: Town) -> None:
    town.reply = lambda requested: None
    case = await town.apply()
    await town.until(lambda: "requested" in town.kinds(case))
    await complete(stack.settings)
    said = await verify(stack.settings)
    assert said.code == 0, said
    assert (said.found["complete"], said.found["topic"]["missing"], said.found["not_compared"]) == (
        True,
        0,
        [],
    )
    assert (said.found["sample"]["sampled"] >= 1, said.found["sample"]["unknown"]) == (True, [])
    assert (await verify(stack.settings, case)).code == 0


async def test_the_archive_of_a_second_stack_takes_nothing_from_the_first(
    stack: Stack, town: Town, tmp_path: Path
) -> None:
    second = stack.settings.model_copy(update={"data": tmp_path})
    async with archiving(second):
        case = await town.apply()
        await town.closed(case)
        for settings in (stack.settings, second):
            await archived(settings, [case])
            await complete(settings)


class Lone(NamedTuple):
    """A broker for one test, with the topics, and an archive that is not there yet."""

    settings: Settings
    broker: Broker


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Lone]:
    async with KafkaEngine(tmp_path / "kafka") as engine:
        settings = load_settings(data=tmp_path, kafka=engine.bootstrap)
        await apply_topics(settings.broker, settings.directory)
        yield Lone(settings, settings.broker)


async def publish(broker: Broker, *, cases: int = 3, abort: bool | None = None) -> None:
    """Publish whole ledgers; in a transaction that ends so, if ``abort`` is given."""
    producer = broker.producer(transactional_id=None if abort is None else "foreign")
    await producer.start()
    try:
        if abort is not None:
            await producer.begin_transaction()
        for _ in range(cases):
            for entry in plain_chain(4):
                written = record(entry)
                await producer.send_and_wait(
                    broker.topic(LEDGER),
                    written.value,
                    key=entry.case.encode(),
                    headers=list(written.headers),
                )
        if abort is not None:
            await (producer.abort_transaction() if abort else producer.commit_transaction())
    finally:
        await producer.stop()


async def test_positions_pass_the_markers_of_transactions(lone: Lone) -> None:
    async with archiving(lone.settings):
        await publish(lone.broker)
        await publish(lone.broker, abort=False)
        await asyncio.sleep(1)
        assert (await complete(lone.settings)).missing == 0


async def test_a_topic_that_was_made_again_is_another_one(lone: Lone) -> None:
    await publish(lone.broker)
    async with archiving(lone.settings):
        before = await complete(lone.settings)
    async with lone.broker.administration() as client:
        await client.delete_topics([LEDGER])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await apply_topics(lone.broker, lone.settings.directory)
                break
            except Unavailable:  # the deletion takes a moment
                await asyncio.sleep(0.2)
    await publish(lone.broker)
    after = await compared(lone.settings)
    assert (after.complete, after.topic_id_matches) == (False, False)
    assert after.topic_id != before.topic_id


async def read_for_ever(source: KafkaSource) -> None:
    while True:
        await source.read()


async def test_what_is_gone_from_the_topic_is_not_passed_over(lone: Lone) -> None:
    """aiokafka would go on from the earliest record there is, and nobody would hear of it."""
    await publish(lone.broker)
    async with KafkaSource(lone.broker) as source:
        state = await source.state()
        partition = max(state.ends, key=lambda each: state.ends[each])
        async with lone.broker.administration() as client:
            await client.delete_records({TopicPartition(LEDGER, partition): RecordsToDelete(before_offset=2)})
        assert (await source.state()).starts[partition] == 2
        source.seek(dict.fromkeys(state.ends, 0))
        with pytest.raises(OffsetOutOfRangeError):
            await read_for_ever(source)
    async with archiving(lone.settings):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await compared(lone.settings)).missing:
                await asyncio.sleep(0.1)
    found = await compared(lone.settings)
    assert (found.complete, found.lost) == (False, 2)
