"""The topics of an administration on a broker: created if missing, otherwise compared."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from contracts.terms.directory import Directory
from contracts.terms.errors import Unavailable
from contracts.wire.topics import Topic, topics_of
from network.broker.connection import Broker, partition_counts

APPEAR_SECONDS = 10.0
TOPIC_ALREADY_EXISTS = 36
SET_ON_TOPIC = 1
"""Where a setting comes from, as the broker says it: set for this topic, not a default."""


class _Setting(NamedTuple):
    value: str
    on_topic: bool


@dataclass(frozen=True)
class TopicReport:
    """What became of one topic.

    Attributes:
        name: with the administration's prefix.
        state: ``created``; ``present``, as it should be; or ``changed``: its settings differed and were set.
        changes: the settings that differed, each with the value it had and the one it has now.
    """

    name: str
    state: Literal["created", "present", "changed"]
    partitions: int
    changes: dict[str, tuple[str | None, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class TopicComparison:
    """What differs between the topics that the directory requires and those that exist.

    Attributes:
        count: how many the directory requires.
        missing: names of those that do not exist.
        partitions: by name, how many partitions a topic has and how many it should have, where they differ.
        settings: by name and setting, the value that a topic has and the one that it needs. A longer
            retention than asked for is not a difference.
    """

    count: int
    missing: Sequence[str]
    partitions: Mapping[str, tuple[int, int]]
    settings: Mapping[str, Mapping[str, tuple[str | None, str]]]


async def apply_topics(broker: Broker, directory: Directory, *, replication: int = 1) -> list[TopicReport]:
    """Create the topics that ``directory`` requires, and correct the settings of existing ones.

    Args:
        replication: how many brokers hold each new topic; 1 on one machine, 3 beyond.

    Raises:
        Unavailable: no broker answers; a topic has another number of partitions than the directory says;
            or the broker refuses one. Nothing is made when that is so of every topic; else all is done that
            can be.
    """
    topics = [topic._replace(name=broker.topic(topic.name)) for topic in topics_of(directory)]
    async with broker.administration() as client:
        standing, settings = await _standing(client, topics)
        differing = _differing(topics, standing)
        if differing and len(differing) == len(standing):
            raise _partitions_differ(differing)
        await _create(client, [topic for topic in topics if topic.name not in standing], replication)
        present = [topic for topic in topics if topic.name in standing]
        changes = {topic.name: _differences(topic, settings[topic.name]) for topic in present}
        await _alter(client, [topic for topic in present if changes[topic.name]], settings)
    if differing:
        raise _partitions_differ(differing)
    return [
        TopicReport(topic.name, "created", topic.partitions)
        if topic.name not in standing
        else TopicReport(
            topic.name, "changed" if changes[topic.name] else "present", topic.partitions, changes[topic.name]
        )
        for topic in topics
    ]


async def compare_topics(broker: Broker, directory: Directory) -> TopicComparison:
    """How the topics differ from what ``directory`` requires and the guarantees rely on.

    A producer would wait for ever for a topic that does not exist. On a topic with the sender's timestamps,
    or whose records are compacted or deleted too early, an answer in time could count as late, or be lost.

    Raises:
        Unavailable: no broker answers.
    """
    topics = [topic._replace(name=broker.topic(topic.name)) for topic in topics_of(directory)]
    async with broker.administration() as client:
        standing, settings = await _standing(client, topics)
    return TopicComparison(
        count=len(topics),
        missing=[topic.name for topic in topics if topic.name not in standing],
        partitions=_differing(topics, standing),
        settings={
            topic.name: differing
            for topic in topics
            if topic.name in standing
            and (
                differing := {
                    name: (value, wanted)
                    for name, (value, wanted) in _differences(topic, settings[topic.name]).items()
                    if not _suffices(name, value, wanted)
                }
            )
        },
    )


def _suffices(name: str, value: str | None, wanted: str) -> bool:
    """Whether a setting that differs is good enough: a longer retention is."""
    if name != "retention.ms" or value is None:
        return False
    return int(value) == -1 or (int(wanted) != -1 and int(value) >= int(wanted))


def _differing(topics: Sequence[Topic], standing: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The topics that have another number of partitions than they should: how many, and how many they
    should."""
    counts = {topic.name: (standing.get(topic.name, topic.partitions), topic.partitions) for topic in topics}
    return {name: (count, wanted) for name, (count, wanted) in counts.items() if count != wanted}


PARTITIONS_CURE = (
    "The number is for ever: with another one, the events of a case would move to another partition and lose "
    "their order. Where all topics have the same number, set it in the directory (`partitions`). Where "
    "somebody has changed the topic of a party: once the gateways have carried all of it, delete that topic "
    "and run `seamless topics apply`. Otherwise, use another topic prefix."
)


def _partitions_differ(differing: Mapping[str, tuple[int, int]]) -> Unavailable:
    told = ", ".join(f"{name} has {count} and needs {wanted}" for name, (count, wanted) in differing.items())
    return Unavailable(
        f"topics have another number of partitions than the directory says: {told}. {PARTITIONS_CURE}"
    )


async def _create(client: Any, topics: Sequence[Topic], replication: int) -> None:
    """Create ``topics`` and wait until the broker knows them: a producer meets them at once."""
    if not topics:
        return
    response = await client.create_topics(
        [
            NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings)
            for topic in topics
        ]
    )
    for name, code, *message in response.topic_errors:
        if code not in (0, TOPIC_ALREADY_EXISTS):  # another process may apply the same directory
            raise Unavailable(f"the broker refuses topic {name}: {_why(code, *message)}")
    async with asyncio.timeout(APPEAR_SECONDS):
        while True:
            if {topic.name for topic in topics} <= set(await partition_counts(client)):
                return
            await asyncio.sleep(0.05)


async def _standing(
    client: Any, topics: Sequence[Topic]
) -> tuple[dict[str, int], dict[str, dict[str, _Setting]]]:
    """Of those of ``topics`` that exist, by name: how many partitions each has, and its settings in force.

    The broker says it in two answers. A topic that was deleted between them does not exist.
    """
    counts = await partition_counts(client)
    settings = await _settings(client, [topic for topic in topics if topic.name in counts])
    return {name: counts[name] for name in settings}, settings


async def _settings(client: Any, topics: Sequence[Topic]) -> dict[str, dict[str, _Setting]]:
    """The settings in force of each topic, by name; none of a topic that does not exist."""
    if not topics:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    found: dict[str, dict[str, _Setting]] = {}
    for response in await client.describe_configs(resources):
        for code, message, _, name, entries in response.resources:
            if code == UnknownTopicOrPartitionError.errno:
                continue
            if code:
                raise Unavailable(f"cannot read the settings of topic {name}: {_why(code, message)}")
            found[name] = {entry[0]: _Setting(entry[1], entry[3] == SET_ON_TOPIC) for entry in entries}
    return found


def _differences(topic: Topic, found: dict[str, _Setting]) -> dict[str, tuple[str | None, str]]:
    """The settings that differ: by name, the value in force and the one it should have."""
    values = {name: setting.value for name, setting in found.items()}
    return {
        name: (values.get(name), wanted)
        for name, wanted in topic.settings.items()
        if values.get(name) != wanted
    }


async def _alter(client: Any, topics: Sequence[Topic], found: dict[str, dict[str, _Setting]]) -> None:
    """Set the settings of ``topics``. The request replaces them all, so an operator's own are sent again."""
    if not topics:
        return
    resources = [
        ConfigResource(
            ConfigResourceType.TOPIC,
            topic.name,
            configs={name: each.value for name, each in found[topic.name].items() if each.on_topic}
            | topic.settings,
        )
        for topic in topics
    ]
    for response in await client.alter_configs(resources):
        for code, message, _, name in response.resources:
            if code:
                raise Unavailable(f"cannot set the settings of topic {name}: {_why(code, message)}")


def _why(code: int, message: str | None = None) -> str:
    """What the broker gives as its reason; many answers have a code and no message."""
    return message or for_code(code).__name__
