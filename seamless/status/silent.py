"""Which agencies are silent: late, and not heard of since they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from archive.choosing import Holds
from contracts.terms.identifiers import Party
from contracts.wire.topics import events_topic
from network.broker.append_times import last_append
from seamless.status.report import Silent
from workers.process.settings import Settings


async def silent_of(settings: Settings, holds: Sequence[Holds]) -> list[Silent]:
    """Of those who are late, the agencies with a system of their own that have said nothing at all since they
    were given what they have had longest. The worker of an automated check is ours, and missed as a process.

    Raises:
        Unavailable, aiokafka.errors.KafkaError: no broker answers.
    """
    broker, checks = settings.broker, settings.directory.checks()
    late = [each for each in holds if each.overdue and each.holder.kind == "agency"]
    late = [each for each in late if each.holder.id not in checks]
    left = [each for each in late if each.holder not in settings.directory.parties]
    late = [each for each in late if each not in left]
    if not late:
        return [*map(_left, left)]
    async with broker.consuming() as consumer:
        heard = {
            each.holder: await last_append(consumer, await broker.partitions([events_topic(each.holder)]))
            for each in late
        }
    return [*unheard(late, heard), *map(_left, left)]


def _left(each: Holds) -> Silent:
    """Who has left the directory can say nothing any more, and nobody reads its topic."""
    return Silent(
        agency=each.holder.id, overdue=each.overdue, asked=each.waiting_since, heard=None, left=True
    )


def unheard(late: Sequence[Holds], heard: Mapping[Party, datetime | None]) -> list[Silent]:
    """Of late agencies those that are silent. Who answers something else meanwhile is late, and not silent.

    Args:
        heard: when the broker had the last word of each.
    """
    found = []
    for each in late:
        last = heard[each.holder]
        if last is None or last < each.waiting_since:
            found.append(
                Silent(agency=each.holder.id, overdue=each.overdue, asked=each.waiting_since, heard=last)
            )
    return found
