"""Checks of the topics: that they exist, how many partitions they have, and their settings."""

from __future__ import annotations

from network.broker.topics import PARTITIONS_CURE
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.servers import Servers


async def topics(servers: Servers) -> Finding:
    """Every topic that the directory asks for is on the broker."""
    found = await servers.topics()
    compared = f"{found.count} topics of the directory with those on {servers.settings.kafka}"
    if not found.missing:
        return well(compared)
    return wrong(
        f"{compared}: {len(found.missing)} topics are missing: {', '.join(found.missing)}",
        "make them with: seamless topics apply",
    )


async def partitions(servers: Servers) -> Finding:
    """Every topic has the number of partitions that the directory says. That is permanent: with another
    number, the events of a case would move to another partition and lose their order."""
    found = await servers.topics()
    compared = (
        f"partitions of the topics with those in the directory ({servers.settings.directory.partitions})"
    )
    if not found.partitions:
        return well(compared)
    differing = ", ".join(
        f"{name} has {count} and needs {needed}" for name, (count, needed) in found.partitions.items()
    )
    return wrong(
        f"{compared}: {differing}",
        PARTITIONS_CURE,
    )


async def topic_settings(servers: Servers) -> Finding:
    """Time stamps are the broker's, and nothing is deleted or compacted too early."""
    found = await servers.topics()
    compared = "time stamps, retention and clean-up of the topics with what the guarantees need"
    if not found.settings:
        return well(compared)
    differing = ", ".join(
        f"{topic} has {name}={value} and needs {needed}"
        for topic, settings in found.settings.items()
        for name, (value, needed) in settings.items()
    )
    return wrong(f"{compared}: {differing}", "set them with: seamless topics apply")
