"""``python -m bench.agencies [APART_SECONDS]``: all agencies and the applicant, in one process, over Kafka.

Lean on purpose (no models): what it takes is not the platform's cost, but on the same machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import uuid_utils
from aiokafka import AIOKafkaConsumer

from bench.answers import PAYMENT, Json, Pace, answer_to
from contracts.procedures.construction_permit import (
    CIVIL_AIR_DEFENCE,
    ENVIRONMENT,
    FIRE_SAFETY,
    HOUSING,
    PLANNING,
    SERVICE_HALL,
)
from contracts.wire.envelope import STRUCTURED, agency_source, channel_source
from contracts.wire.messages import ANSWERED, NOTICE_FEE_DUE, PAID, REQUESTED
from contracts.wire.topics import agency_events, agency_requests, channel_events, channel_notices
from network.broker.publisher import Publisher, Record
from workers.process.entry import run_main, until_stopped
from workers.process.settings import Settings
from workers.process.telemetry import serve_metrics, set_ready

CHANNEL = "portal"
SYSTEMS = (HOUSING, PLANNING, FIRE_SAFETY, CIVIL_AIR_DEFENCE, ENVIRONMENT, SERVICE_HALL)


class Everybody:
    """Answers every request and pays every fee."""

    def __init__(self, settings: Settings, publisher: Publisher, pace: Pace) -> None:
        self._settings = settings
        self._publisher = publisher
        self._pace = pace
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until cancelled."""
        agency_of = {agency_requests(agency): str(agency) for agency in SYSTEMS}
        prefix = self._settings.topic_prefix
        consumer: Any = AIOKafkaConsumer(
            *(prefix + topic for topic in (*agency_of, channel_notices(CHANNEL))),
            bootstrap_servers=self._settings.kafka,
            group_id="bench.agencies",
            auto_offset_reset="earliest",
        )
        await consumer.start()
        set_ready()
        try:
            async for record in consumer:
                agency = agency_of.get(record.topic.removeprefix(prefix))
                if answer := self._answer(agency, json.loads(record.value)):
                    task = asyncio.create_task(self._send(answer))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
        finally:
            await consumer.stop()

    def _answer(self, agency: str | None, event: Json) -> Record | None:
        administration = self._settings.directory.administration
        if agency and event["type"] == REQUESTED:
            said = {
                "type": ANSWERED,
                "source": agency_source(administration, agency),
                "requestid": event["requestid"],
                "data": {"answer": answer_to(event["data"]["request"])},
            }
            return _record(agency_events(agency), event["subject"], said)
        if event["type"] == NOTICE_FEE_DUE:
            said = {"type": PAID, "source": channel_source(administration, CHANNEL), "data": PAYMENT}
            return _record(channel_events(CHANNEL), event["subject"], said)
        return None

    async def _send(self, record: Record) -> None:
        await self._pace.turn(str(record.key))
        await self._publisher.publish([record])


def _record(topic: str, case: str, said: Json) -> Record:
    event = {
        "specversion": "1.0",
        "id": str(uuid_utils.uuid7()),
        "subject": case,
        "partitionkey": case,
        "time": datetime.now(UTC).isoformat(),
        **said,
    }
    return Record(topic, case, json.dumps(event).encode(), [("content-type", STRUCTURED.encode())])


async def run(apart_seconds: float) -> int:
    """Answer until the process is asked to stop."""
    settings = Settings()
    serve_metrics(settings.metrics_port)
    async with Publisher(settings.kafka, settings.topic_prefix) as publisher:
        answering = asyncio.create_task(Everybody(settings, publisher, Pace(apart_seconds)).run())
        stopping = asyncio.create_task(until_stopped())
        await asyncio.wait({answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering
    return 0


if __name__ == "__main__":
    run_main(lambda: run(float(sys.argv[1]) if len(sys.argv) > 1 else 0))
