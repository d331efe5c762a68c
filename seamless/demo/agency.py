"""A simulated agency system: a process that talks nothing but Kafka.

It reads its requests, works on each for as long as the draw says, and answers. So it is also the
shortest example of how an agency connects.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from typing import Any

from contracts.procedures.construction_permit import CheckCompleteness, DeliverPermit, IssuePermit
from contracts.terms.identifiers import AgencyId
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Cancelled, Received, Requested
from network.broker.publisher import Publisher
from network.parties import AgencyClient
from seamless.demo.assumptions import Plan, plan
from seamless.demo.numbers import number_of
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings

MISSING = [
    {"zh": "建设用地批准手续", "en": "Land title", "field": "land_title"},
    {"zh": "防空地下室设计", "en": "Shelter plan", "field": "shelter_plan"},
]


class SimulatedAgency:
    """One agency: every request becomes a task that works for the drawn time and then answers."""

    def __init__(self, client: AgencyClient, *, seed: int, day_seconds: float) -> None:
        self._client = client
        self._agency = client.party.id
        self._seed = seed
        self._day = day_seconds
        self._work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answer requests until cancelled."""
        async with self._client.hearing(group=f"agency.{self._agency}.demo") as heard:
            set_ready()
            async for event in heard:
                self._take(event)

    def _take(self, event: Event) -> None:
        request = event.requestid or ""
        if event.type == Requested.type and request not in self._work:
            self._work[request] = asyncio.create_task(self._answer(event, request))
        elif event.type == Cancelled.type and (task := self._work.get(request)):
            task.cancel()

    async def _answer(self, event: Event, request: str) -> None:
        requested = Requested.model_validate(event.data)
        case = plan(self._seed, number_of(event.subject))
        step = request.split("/", 1)[1]
        done = asyncio.get_running_loop().time() + self._day * _days(case, requested.request, step)
        trace = {"traceparent": event.traceparent, "tracestate": event.tracestate}
        await self._client.receive(request, id=f"{request}/{Received.type}", **trace)
        await asyncio.sleep(done - asyncio.get_running_loop().time())
        officer = f"{self._agency}-{number_of(event.subject) % 7}"
        answer = _answer_to(case, requested, step)
        answered = f"{request}/{Answered.type}"  # an id that is the same when it is sent again
        await self._client.answer(request, answer, officer=officer, id=answered)


def _days(case: Plan, request: str, step: str) -> float:
    return case.reviews[request].days if request in case.reviews else case.other_work[step]


def _answer_to(drawn: Plan, requested: Requested, step: str) -> dict[str, Any]:
    match requested.request:
        case CheckCompleteness.name:
            incomplete = drawn.supplement is not None and step == f"{CheckCompleteness.name}/1"
            return {"outcome": "incomplete", "missing": MISSING} if incomplete else {"outcome": "complete"}
        case IssuePermit.name:
            return {"outcome": "issued", "document": _document(step).model_dump(mode="json")}
        case DeliverPermit.name:
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


async def run(settings: Settings, agency: AgencyId, *, seed: int, day_seconds: float) -> None:
    """Run one simulated agency until cancelled."""
    async with Publisher(settings.broker) as publisher:
        administration = settings.directory.administration
        client = AgencyClient(publisher, administration, agency, rules=settings.rules)
        await SimulatedAgency(client, seed=seed, day_seconds=day_seconds).run()


def main() -> None:
    """``python -m seamless.demo.agency AGENCY SEED DAY_SECONDS``."""
    agency, seed, day = AgencyId(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    run_process(f"demo-{agency}", lambda settings: run(settings, agency, seed=seed, day_seconds=day))


if __name__ == "__main__":
    main()
