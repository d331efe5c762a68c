"""Which agencies are silent: late, and not heard of since they were asked."""

from __future__ import annotations

from collections.abc import Sequence

from archive.choosing import Holds
from contracts.wire.topics import events_topic
from network.broker.append_times import last_append
from seamless.status.report import Silent
from workers.process.settings import Settings


async def silent_of(settings: Settings, holds: Sequence[Holds]) -> list[Silent]:
    """Of those who are late, the agencies with a system of their own that have said nothing at all since they
    were given what they have had longest. Who answers something else meanwhile is late, and not silent.

    Raises:
        Unavailable, aiokafka.errors.KafkaError: no broker answers.
    """
    broker, checks = settings.broker, settings.directory.checks()
    late = [each for each in holds if each.overdue and each.holder.kind == "agency"]
    found = []
    async with broker.consuming() as consumer:
        for each in late:
            if each.holder.id in checks:  # its worker is ours, and is missed as a process
                continue
            places = await broker.partitions([events_topic(each.holder)])
            heard = await last_append(consumer, places)
            if heard is None or heard < each.waiting_since:
                found.append(
                    Silent(agency=each.holder.id, overdue=each.overdue, asked=each.waiting_since, heard=heard)
                )
    return found
