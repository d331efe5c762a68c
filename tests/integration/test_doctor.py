"""``seamless doctor`` and the start of a process: the same checks, against real servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import NewPartitions
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from contracts.terms.directory import load_directory
from contracts.terms.errors import Unavailable
from deploy.local.ports import free_port
from deploy.local.stack import Stack, environment
from network.broker import topics
from network.broker.connection import Broker, partition_counts
from network.broker.topics import apply_topics, compare_topics
from tests.commands.running import seamless
from tests.metrics import until
from workers.gateway import main as gateway
from workers.process.checks.check import Finding, make
from workers.process.checks.every import CHECKS
from workers.process.settings import Settings
from workers.process.temporal import connect, connect_to_server, register_search_attributes

pytestmark = pytest.mark.integration


async def found(settings: Settings, **changed: Any) -> dict[str, Finding]:
    """What all checks find, by their names."""
    return {each.check: each for each in await make(CHECKS, settings.model_copy(update=changed))}


def wrong(findings: Mapping[str, Finding]) -> set[str]:
    """The names of what is wrong; the rest is well. The disk is that of the machine that the test runs on."""
    assert {each.result for each in findings.values()} <= {"well", "wrong"}
    return {name for name, each in findings.items() if each.result == "wrong"} - {"disk"}


async def make_namespace(stack: Stack, name: str, *, days: float) -> None:
    client = await connect(stack.settings)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=name, workflow_execution_retention_period=Duration(seconds=round(days * 86400))
        )
    )


async def test_a_stack_that_is_set_up_is_well(stack: Stack) -> None:
    findings = await found(stack.settings)
    assert [each for each in findings.values() if each.result != "well"] == []
    assert {"kafka", "temporal", "archive", *(check.name for check in CHECKS)} == set(findings)


async def test_a_namespace_that_does_not_exist(stack: Stack) -> None:
    findings = await found(stack.settings, namespace="nowhere")
    assert wrong(findings) == {"namespace", "namespace-retention", "search-attributes", "clock-skew"}
    assert "'nowhere'" in findings["namespace"].compared
    assert "--namespace nowhere" in findings["namespace"].cure


async def test_a_namespace_that_forgets_at_once_and_lacks_the_search_attributes(stack: Stack) -> None:
    await make_namespace(stack, "forgetful", days=1 / 24)
    findings = await found(stack.settings, namespace="forgetful")
    assert wrong(findings) == {"namespace-retention", "search-attributes"}
    cure = findings["search-attributes"].cure
    assert "--name SeamlessProcedure --type Keyword" in cure
    assert "--name SeamlessWaitingFor --type KeywordList" in cure


async def test_a_search_attribute_of_another_type_is_reported_with_its_remedy(stack: Stack) -> None:
    """As one that was made by hand: the server would refuse whatever a case is listed by."""
    await make_namespace(stack, "mistyped", days=30)
    client = await connect_to_server(stack.settings.model_copy(update={"namespace": "mistyped"}))
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    mistyped = AddSearchAttributesRequest(namespace="mistyped", search_attributes={"SeamlessDue": keyword})
    async with asyncio.timeout(60):
        while True:
            try:
                await client.operator_service.add_search_attributes(mistyped)
                break
            except RPCError:  # a new namespace takes a moment to reach every part of the server
                await asyncio.sleep(0.2)
    finding = (await found(stack.settings, namespace="mistyped"))["search-attributes"]
    assert "SeamlessDue has to be of type Datetime" in finding.compared
    assert "search-attribute remove --namespace mistyped --name SeamlessDue" in finding.cure


@pytest.fixture
async def ill(stack: Stack) -> AsyncIterator[Settings]:
    """Topics of another administration on the shared broker."""
    settings = stack.settings.model_copy(update={"topic_prefix": "ill."})
    await apply_topics(settings.broker, settings.directory)
    yield settings
    async with settings.broker.administration() as client:
        names = [name for name in await client.list_topics() if name.startswith("ill.")]
        await client.delete_topics(names)


async def test_topics_that_are_missing(stack: Stack) -> None:
    findings = await found(stack.settings, topic_prefix="none.")
    assert wrong(findings) == {"topics", "clock-skew", "archive-of-ledger"}
    assert "none.agency.drainage.events" in findings["topics"].compared
    assert "seamless topics apply" in findings["topics"].cure


async def test_topics_that_differ_from_what_they_should_be(ill: Settings) -> None:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    worse = {"message.timestamp.type": "CreateTime", "retention.ms": "1000"}
    async with ill.broker.administration() as client:
        await client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, "ill.channel.portal.events", configs=worse)]
        )
    findings = await found(ill)
    async with asyncio.timeout(30):  # the broker takes a moment to act on it
        while findings["topic-settings"].result == "well":
            findings = await found(ill)
    # Another administration's topics, so this archive was not written from their ledger.
    assert wrong(findings) == {"topic-settings", "archive-of-ledger"}
    told = findings["topic-settings"].compared
    assert "ill.channel.portal.events has message.timestamp.type=CreateTime and needs LogAppendTime" in told
    assert "retention.ms=1000" in told
    assert "written from another topic" in findings["archive-of-ledger"].compared

    four = ill.model_copy()
    four.__dict__["directory"] = ill.directory.model_copy(update={"partitions": 4})
    assert "partitions" in wrong(await found(four))


async def test_one_topic_whose_partitions_somebody_has_changed_holds_up_no_other(ill: Settings) -> None:
    changed, gone = "ill.agency.planning.events", "ill.agency.tax.requests"
    async with ill.broker.administration() as client:
        await client.create_partitions({changed: NewPartitions(total_count=ill.directory.partitions + 2)})
        await client.delete_topics([gone])
    async with asyncio.timeout(30):
        while (compared := await compare_topics(ill.broker, ill.directory)).missing != [gone] or not (
            compared.partitions
        ):
            await asyncio.sleep(0.1)
    with pytest.raises(Unavailable, match=f"{changed} has 5 and needs 3.*delete that topic"):
        await apply_topics(ill.broker, ill.directory)
    assert (await compare_topics(ill.broker, ill.directory)).missing == []


async def test_a_topic_that_is_deleted_while_the_broker_is_asked_about_it_is_missing_and_made_anew(
    ill: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "ill.agency.tax.requests"
    async with ill.broker.administration() as client:
        await client.delete_topics([gone])
        async with asyncio.timeout(30):
            while gone in await partition_counts(client):
                await asyncio.sleep(0.1)

    async def outdated(client: Any) -> dict[str, int]:
        return {gone: ill.directory.partitions} | await partition_counts(client)

    with monkeypatch.context() as first_answer:
        first_answer.setattr(topics, "partition_counts", outdated)
        assert (await compare_topics(ill.broker, ill.directory)).missing == [gone]
        made = {each.name: each.state for each in await apply_topics(ill.broker, ill.directory)}
    assert made[gone] == "created"
    async with asyncio.timeout(30):
        while (await compare_topics(ill.broker, ill.directory)).missing:
            await asyncio.sleep(0.1)


async def test_an_archive_that_does_not_exist(stack: Stack, tmp_path: Path) -> None:
    findings = await found(stack.settings, data=tmp_path)
    assert wrong(findings) == {"archive-of-ledger"}
    assert "but has no archive" in findings["archive"].compared


async def test_the_command_says_it_all_and_exits_by_what_it_found(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(stack.settings).items():
        monkeypatch.setenv(name, value)
    code, said = seamless("doctor", "--json")
    assert (code, {each["result"] for each in said["findings"]}) == (0, {"well"})
    assert all(each["compared"] for each in said["findings"])
    monkeypatch.setenv("SEAMLESS_NAMESPACE", "nowhere")
    code, said = seamless("doctor", "--json")
    assert code == 1
    assert {each["check"] for each in said["findings"] if each["cure"]} >= {"namespace"}
    port = free_port()
    code, said = seamless("doctor", "--kafka", f"127.0.0.1:{port}", "--json")
    assert code == 3
    kafka = next(each for each in said["findings"] if each["check"] == "kafka")
    assert f"nobody listens on port {port}" in kafka["compared"]


async def _registered(client: Client) -> None:
    """Register the search attributes; a new namespace takes a moment to reach every part of the server."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await register_search_attributes(client)
            except Unavailable:
                await asyncio.sleep(0.2)


async def test_a_process_waits_for_what_an_operator_can_make_and_says_what(stack: Stack) -> None:
    later = {"namespace": "later", "topic_prefix": "later."}
    settings = stack.settings.model_copy(update=later)
    process = stack.run("later-gateway", gateway, **later)
    address = stack.metrics["later-gateway"]
    try:
        setup = {"namespace", "namespace-retention", "search-attributes", "topics", "clock-skew"}
        await until(address, lambda found: found.not_ready >= setup | {"starting"})
        await make_namespace(stack, "later", days=30)
        await until(address, lambda found: "namespace" not in found.not_ready)
        client = await connect_to_server(settings)
        await _registered(client)
        await apply_topics(Broker(settings.kafka, "later."), settings.directory)
        ready = await until(address, lambda found: found["seamless_ready"] == 1)
        assert ready.not_ready == set()
        assert process.exit_code is None
        told = [json.loads(line) for line in process.log.read_text("utf-8").splitlines()]
        assert {line["reason"] for line in told if line["event"] == "not ready"} >= setup
        assert any("later.case.ledger" in line.get("why", "") for line in told)
    finally:
        stack.forget("later-gateway")


async def test_a_process_ends_where_only_another_setting_helps(stack: Stack, tmp_path: Path) -> None:
    everybody = load_directory()
    without = tuple(each for each in everybody.agencies if each.id != "drainage")
    file = tmp_path / "directory.json"
    file.write_text(everybody.model_copy(update={"agencies": without}).model_dump_json(), "utf-8")
    process = stack.run("lacking-gateway", gateway, directory_file=file, topic_prefix="lacking.")
    address = stack.metrics["lacking-gateway"]
    try:
        await until(address, lambda _: process.exit_code is not None)
        assert "it lacks drainage (" in process.log_tail()
        assert "answers construction-permit.review-drainage" in process.log_tail()
        assert "Traceback" not in process.log_tail()
    finally:
        stack.forget("lacking-gateway")
