"""The gateway's process."""

from __future__ import annotations

import asyncio

import structlog
from temporalio.client import Client

from archive.reader import ArchiveReader
from network.broker.connection import await_broker
from network.broker.publisher import Publisher
from network.broker.topics import check_topics
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetters
from workers.gateway.delivery import Delivery
from workers.gateway.gateway import Gateway
from workers.process.entry import UsageError, until_stopped
from workers.process.settings import Settings
from workers.process.temporal import connect

log = structlog.get_logger(__name__)


async def run_gateway(settings: Settings) -> int:
    """Run a gateway until the process is asked to stop; waits for Kafka and Temporal to come up.

    Raises:
        UsageError: topics are missing or have another number of partitions than the directory says.
    """
    working = asyncio.create_task(_work(settings))
    stopping = asyncio.create_task(until_stopped())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (working, stopping):
        task.cancel()
    await asyncio.wait([working, stopping])
    if not working.cancelled():
        working.result()
    return 0


async def _work(settings: Settings) -> None:
    await await_broker(settings.kafka)
    await check_topics(settings.kafka, settings.topic_prefix, settings.directory)
    client = await _connected(settings)
    archive = ArchiveReader(settings.archive_url)
    try:
        async with Publisher(settings.kafka, settings.topic_prefix) as publisher:
            administration = settings.directory.administration
            delivery = Delivery(
                client,
                archive,
                directory=settings.directory,
                calendar_name=settings.calendar,
                virtual_time=settings.virtual_time,
            )
            dead_letters = DeadLetters(publisher, administration=administration, group=settings.gateway_group)
            log.info("gateway ready", group=settings.gateway_group)
            await Gateway(Carrier(delivery, dead_letters, settings), settings).run()
    finally:
        await archive.close()


async def _connected(settings: Settings, *, pause_seconds: float = 1, say_every: int = 30) -> Client:
    attempt = 0
    while True:
        try:
            return await connect(settings)
        except UsageError as error:
            if attempt % say_every == 0:
                log.warning("waiting for Temporal", error=str(error))
        attempt += 1
        await asyncio.sleep(pause_seconds)
