"""The gateway's process."""

from __future__ import annotations

import asyncio

from archive.reader import ArchiveReader
from network.broker.publisher import Publisher
from network.broker.standing import StandingOrders
from workers.gateway.assigning import Assigner
from workers.gateway.carrier import Carrier
from workers.gateway.case_history import ProvenHistory
from workers.gateway.dead_letters import DeadLetterWriter
from workers.gateway.delivery import Delivery
from workers.gateway.gateway import Gateway
from workers.gateway.heartbeat import keep_beating
from workers.gateway.metrics import show_calendar
from workers.gateway.originals import Originals
from workers.gateway.party_orders import PartyOrders
from workers.gateway.soundness import Soundness
from workers.process.attendance import attended
from workers.process.run import run_process
from workers.process.settings import Settings
from workers.process.temporal import await_temporal


async def run(settings: Settings) -> None:
    """Carry events until cancelled, once all checks of Kafka and Temporal pass.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
    """
    async with attended(settings, "kafka", "temporal", "archive"):
        await _carry(settings)


async def _carry(settings: Settings) -> None:
    show_calendar(settings.calendar, settings.legal_calendar)
    client = await await_temporal(settings, "gateway")
    archive = ArchiveReader(settings.archive_url)
    soundness = Soundness(settings.unchecked_procedures)
    try:
        async with (
            Publisher(settings.broker) as publisher,
            ProvenHistory(archive, settings.broker) as history,
        ):
            administration = settings.directory.administration
            delivery = Delivery(
                client,
                history,
                directory=settings.directory,
                calendar_name=settings.calendar,
                calendar_days=settings.calendar_days,
                spread=settings.spread,
                virtual_time=settings.virtual_time,
                soundness=soundness,
                assigner=Assigner(client),
            )
            letters = DeadLetterWriter(publisher, administration=administration, group=settings.gateway_group)
            orders = StandingOrders(settings.broker, settings.directory)
            about_parties = PartyOrders(orders, publisher, administration=administration)
            carrier = Carrier(delivery, letters, Originals(settings.broker), settings, about_parties)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_beating(publisher, client, settings.heartbeat_seconds))
                tasks.create_task(orders.run())
                await orders.ready()  # before that, it is not known who is in quarantine
                tasks.create_task(Gateway(carrier, settings).run())
    finally:
        await soundness.close()
        await archive.close()


if __name__ == "__main__":
    run_process("gateway", run)
