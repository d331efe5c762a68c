"""The engines: they start, keep their data through crashes, and leave nothing behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from deploy.local import engine as engine_module
from deploy.local.engine import EngineError
from deploy.local.jars import REPOSITORY_VARIABLE, default_cache, ensure_jars, read_lock
from deploy.local.kafka import KafkaEngine
from deploy.local.ports import free_port
from deploy.local.temporal import TemporalEngine

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60
APPLICANT = SearchAttributeKey.for_keyword("Applicant")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[KafkaEngine]:
    async with KafkaEngine(tmp_path / "数据, kafka") as broker:
        yield broker


async def make_topic(bootstrap: str, name: str) -> None:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        settings = {"message.timestamp.type": "LogAppendTime"}
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs=settings)])
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"case")


async def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    settings = {"group_id": "readers", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, **settings) as consumer:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [(await consumer.getone()).value for _ in range(count)]


async def test_broker_carries_records_through_a_crash_and_a_stop(broker: KafkaEngine) -> None:
    await make_topic(broker.bootstrap, "case.ledger")
    await produce(broker.bootstrap, "case.ledger", [b"1", b"2"])
    assert await consume(broker.bootstrap, "case.ledger", 2) == [b"1", b"2"]

    bootstrap = broker.bootstrap
    broker.kill()
    assert broker.pid is None
    await broker.start()
    assert broker.bootstrap == bootstrap
    await produce(bootstrap, "case.ledger", [b"3"])

    await broker.stop()
    assert broker.pid is None
    await broker.start()
    assert await consume(bootstrap, "case.ledger", 3) == [b"1", b"2", b"3"]


async def test_broker_data_may_move_to_another_port(broker: KafkaEngine) -> None:
    await make_topic(broker.bootstrap, "case.ledger")
    await produce(broker.bootstrap, "case.ledger", [b"1"])
    await broker.stop()
    async with KafkaEngine(broker.data) as moved:
        assert moved.bootstrap != broker.bootstrap
        assert await consume(moved.bootstrap, "case.ledger", 1) == [b"1"]


async def test_engine_refuses_data_in_use(broker: KafkaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "CLAIM_SECONDS", 0.1)
    with pytest.raises(EngineError, match="another Kafka runs on the data in"):
        await KafkaEngine(broker.data).start()
    with pytest.raises(EngineError, match=f"runs already, as process {broker.pid}"):
        await broker.start()


async def test_engine_refuses_port_in_use(broker: KafkaEngine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"port {broker.port} is in use"):
        await TemporalEngine(tmp_path / "temporal", port=broker.port).start()


async def test_engine_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").write_text("version=1\ncluster.id=x\nnode.id=77\n")
    broker = KafkaEngine(tmp_path)
    with pytest.raises(EngineError, match=r"(?s)ended with exit code 1 while it started.*Stored node id 77"):
        await broker.start()
    assert broker.pid is None


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A copy of the jar cache, to damage."""
    ensure_jars()
    return Path(shutil.copytree(default_cache(), tmp_path / "cache"))


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A Maven repository on this machine which serves the jars of the cache; what was asked of it."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=default_cache())) as server:
        monkeypatch.setenv(REPOSITORY_VARIABLE, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield asked
        server.shutdown()
        thread.join()


def test_damaged_and_missing_jars_are_fetched_again(cache: Path, repository: list[str]) -> None:
    cut, missing, *_ = jars = read_lock()
    os.truncate(cut.within(cache), 1000)
    missing.within(cache).unlink()
    assert ensure_jars(cache) == [jar.within(cache) for jar in jars]
    assert all(jar.is_good(cache) for jar in jars)
    assert {path for path in repository if path.endswith(".jar")} == {
        f"/{jar.within(cache).relative_to(cache)}" for jar in (cut, missing)
    }
    repository.clear()
    ensure_jars(cache)
    assert repository == []


def test_jar_with_another_content_than_pinned_is_refused(
    cache: Path, repository: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = read_lock()
    pins = [first._replace(sha256="0" * 64), *others]
    monkeypatch.setattr("deploy.local.jars.read_lock", lambda: pins)
    with pytest.raises(EngineError, match=f"another {first.coordinate} than"):
        ensure_jars(cache)
    assert not first.within(cache).exists()


def test_unreachable_repository_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = read_lock()
    first.within(cache).unlink()
    monkeypatch.setenv(REPOSITORY_VARIABLE, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(EngineError, match=f"cannot fetch {first.coordinate}"):
        ensure_jars(cache)


async def test_temporal_keeps_cases_attributes_and_retention(tmp_path: Path) -> None:
    server = TemporalEngine(
        tmp_path / "数据", search_attributes={APPLICANT.name: "Keyword"}, retention_days=400, namespace="city"
    )
    async with server:
        client = await Client.connect(server.address, namespace="city")
        await client.start_workflow(
            "Case",
            id="case-1",
            task_queue="nobody",
            search_attributes=TypedSearchAttributes([SearchAttributePair(APPLICANT, "anna")]),
        )

        server.kill()
        await server.start()
        await expect_case(server)

        await server.stop()
        assert server.pid is None
        await server.start()
        await expect_case(server)


async def expect_case(server: TemporalEngine) -> None:
    client = await Client.connect(server.address, namespace="city")
    found = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="city"))
    assert found.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=400)
    case = await client.get_workflow_handle("case-1").describe()
    assert case.typed_search_attributes[APPLICANT] == "anna"
    assert [case.id async for case in client.list_workflows("Applicant = 'anna'")] == ["case-1"]


PARENT = """
import asyncio, sys
from pathlib import Path
from deploy.local.temporal import TemporalEngine

async def main():
    server = TemporalEngine(Path(sys.argv[1]))
    await server.start()
    print(server.port, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
async def test_engine_dies_with_its_parent_and_its_data_are_free_at_once(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    async with asyncio.timeout(PATIENCE_SECONDS):
        port = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    # A server that lived on would hold both the lock on its data and its port.
    async with TemporalEngine(tmp_path, port=port):
        pass
