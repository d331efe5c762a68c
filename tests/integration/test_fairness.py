"""Work is fair between cases: many events of one case do not hold up another on the same partition."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2

from contracts.terms.identifiers import CaseId, Party
from contracts.wire.messages import Reported
from contracts.wire.topics import events_topic
from deploy.local.stack import Stack
from network.broker.publisher import Publisher, Record
from tests.applications import event, new_case
from tests.integration.town import Town

pytestmark = pytest.mark.integration

FLOOD = 2500
HOUSING = Party.agency("housing")


def partition(case: str, count: int) -> int:
    """Where our own publisher puts a case's events."""
    return (murmur2(case.encode()) & 0x7FFFFFFF) % count


def neighbour_of(case: str, count: int) -> CaseId:
    """A new case in the same partition."""
    while partition(other := new_case(), count) != partition(case, count):
        pass
    return other


async def test_a_case_is_heard_while_thousands_of_events_of_its_neighbour_wait(
    stack: Stack, town: Town
) -> None:
    town.reply = lambda requested: None
    crowded = await town.apply()
    quiet = await town.apply(neighbour_of(crowded, stack.settings.directory.partitions))
    await town.until(lambda: all("requested" in town.kinds(case) for case in (crowded, quiet)))
    topic = events_topic(HOUSING)
    steps = [event(HOUSING, Reported.type, crowded, {"step": f"visit {n}"}) for n in range(FLOOD)]
    async with Publisher(stack.settings.broker) as publisher:
        for start in range(0, FLOOD, 500):
            await publisher.publish(
                [Record(topic, crowded, *each.encode()) for each in steps[start : start + 500]]
            )
        said = event(HOUSING, Reported.type, quiet, {"step": "a word of the neighbour"})
        await publisher.publish([Record(topic, quiet, *said.encode())])
    await town.until(lambda: "reported" in town.kinds(quiet))
    said_at = next(each.recorded for each in town.ledger[quiet] if each.kind == "reported")
    await town.until(lambda: town.kinds(crowded).count("reported") == FLOOD, within_seconds=240)
    # By the clocks of the cases: by then this test may have read on in the ledger, or not so far.
    heard = sum(each.kind == "reported" and each.recorded < said_at for each in town.ledger[crowded])
    assert heard < FLOOD // 2, f"the neighbour was heard only after {heard} of {FLOOD}"
