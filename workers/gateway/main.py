"""The gateway's process."""

from __future__ import annotations

import asyncio

from archive.reader import ArchiveReader
from network.broker.connection import await_broker
from network.broker.publisher import Publisher
from network.broker.topics import check_topics
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetterWriter
from workers.gateway.delivery import Delivery
from workers.gateway.gateway import Gateway
from workers.gateway.heartbeat import keep_beating
from workers.gateway.originals import Originals
from workers.process.run import run_process
from workers.process.settings import Settings
from workers.process.temporal import await_temporal


async def run(settings: Settings) -> None:
    """Carry events until cancelled; waits for Kafka and Temporal to come up.

    Raises:
        Unavailable: topics are missing or have another number of partitions than the directory says.
    """
    await await_broker(settings.broker)
    await check_topics(settings.broker, settings.directory)
    client = await await_temporal(settings)
    archive = ArchiveReader(settings.archive_url)
    try:
        async with Publisher(settings.broker) as publisher:
            administration = settings.directory.administration
            delivery = Delivery(
                client,
                archive,
                directory=settings.directory,
                calendar_name=settings.calendar,
                virtual_time=settings.virtual_time,
            )
            letters = DeadLetterWriter(publisher, administration=administration, group=settings.gateway_group)
            carrier = Carrier(delivery, letters, Originals(settings.broker), settings)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_beating(publisher, client, settings.heartbeat_seconds))
                tasks.create_task(Gateway(carrier, settings).run())
    finally:
        await archive.close()


if __name__ == "__main__":
    run_process("gateway", run)
