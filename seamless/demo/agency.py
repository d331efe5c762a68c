"""A simulated agency system: a process that talks nothing but Kafka.

It reads its requests, lets them lie for as long as the draw says, and answers. So it is also the
shortest example of how an agency connects.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sys
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer
from pydantic import BaseModel

from contracts.terms.identifiers import AgencyId
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event, agency_source
from contracts.wire.messages import ANSWERED, CANCELLED, RECEIVED, REQUESTED, Answered, Received, Requested
from contracts.wire.topics import agency_events, agency_requests
from network.broker.publisher import Publisher, Record
from seamless.demo.assumptions import Plan, plan
from seamless.demo.numbers import number_of
from workers.process.entry import run_main, until_stopped
from workers.process.settings import Settings
from workers.process.telemetry import configure_logs, serve_metrics, set_ready

MISSING = [
    {"zh": "建设用地批准手续", "en": "Land title"},
    {"zh": "防空地下室设计", "en": "Shelter plan"},
]


class SimulatedAgency:
    """One agency: every request becomes a task that works for the drawn time and then answers."""

    def __init__(self, settings: Settings, agency: AgencyId, *, seed: int, day_seconds: float) -> None:
        self._settings = settings
        self._agency = agency
        self._seed = seed
        self._day = day_seconds
        self._publisher = Publisher(settings.kafka, settings.topic_prefix)
        self._work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answer requests until cancelled."""
        consumer: Any = AIOKafkaConsumer(
            self._settings.topic_prefix + agency_requests(self._agency),
            bootstrap_servers=self._settings.kafka,
            group_id=f"agency.{self._agency}.demo",
            auto_offset_reset="earliest",
        )
        async with self._publisher:
            await consumer.start()
            set_ready()
            try:
                async for record in consumer:
                    self._take(Event.decode(record.value, list(record.headers)))
            finally:
                await consumer.stop()

    def _take(self, event: Event) -> None:
        request = event.requestid or ""
        if event.type == REQUESTED and request not in self._work:
            self._work[request] = asyncio.create_task(self._answer(event))
        elif event.type == CANCELLED and (task := self._work.get(request)):
            task.cancel()

    async def _answer(self, event: Event) -> None:
        requested = Requested.model_validate(event.data)
        case = plan(self._seed, number_of(event.subject))
        step = str(event.requestid).split("/", 1)[1]
        done = asyncio.get_running_loop().time() + self._day * _days(case, requested.request, step)
        await self._say(event, RECEIVED, Received())
        await asyncio.sleep(done - asyncio.get_running_loop().time())
        answer = _answer_to(case, requested, step)
        await self._say(
            event, ANSWERED, Answered(answer=answer, officer=f"{self._agency}-{number_of(event.subject) % 7}")
        )

    async def _say(self, about: Event, event_type: str, data: BaseModel) -> None:
        event = Event(
            specversion="1.0",
            id=f"{about.requestid}/{event_type}",  # the same when it is sent again: it counts once
            source=agency_source(self._settings.directory.administration, self._agency),
            type=event_type,
            subject=about.subject,
            partitionkey=about.subject,
            requestid=about.requestid,
            traceparent=about.traceparent,
            time=datetime.now(UTC),
            data=data.model_dump(mode="json"),
        )
        value, headers = event.encode()
        await self._publisher.publish([Record(agency_events(self._agency), event.subject, value, headers)])


def _days(case: Plan, request: str, step: str) -> float:
    return case.reviews[request].days if request in case.reviews else case.desks[step]


def _answer_to(drawn: Plan, requested: Requested, step: str) -> dict[str, Any]:
    match requested.request:
        case "check-completeness":
            incomplete = drawn.supplement is not None and step == "check-completeness/1"
            return {"outcome": "incomplete", "missing": MISSING} if incomplete else {"outcome": "complete"}
        case "issue-permit":
            return {"outcome": "issued", "document": _document(step).model_dump(mode="json")}
        case "deliver-permit":
            return {"outcome": "delivered"}
    review = drawn.reviews[requested.request]
    answer: dict[str, Any] = {"outcome": review.outcome}
    if review.reason:
        answer["reason"] = review.reason
    if review.outcome == "consent-with-conditions":
        answer["conditions"] = [f"按审查意见落实 / As the review says: {requested.request}"]
    return answer


def _document(name: str) -> DocumentRef:
    content = name.encode()
    return DocumentRef(
        uri=f"urn:demo:permit:{name}", sha256=hashlib.sha256(content).hexdigest(), size=len(content)
    )


async def run_agency(settings: Settings, agency: AgencyId, seed: int, day_seconds: float) -> int:
    """Run one simulated agency until the process is asked to stop."""
    working = asyncio.create_task(SimulatedAgency(settings, agency, seed=seed, day_seconds=day_seconds).run())
    stopping = asyncio.create_task(until_stopped())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    return 0


def main() -> None:
    """``python -m seamless.demo.agency AGENCY SEED DAY_SECONDS``."""
    agency, seed, day = AgencyId(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    settings = Settings()
    configure_logs(process=f"demo-{agency}")
    serve_metrics(settings.metrics_port)
    run_main(lambda: run_agency(settings, agency, seed, day))


if __name__ == "__main__":
    main()
