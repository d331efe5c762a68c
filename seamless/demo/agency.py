"""A simulated agency system: a process that speaks only Kafka.

It reads its requests, works on each for as long as the draw says, and answers. So it is also the
shortest example of how an agency connects.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from datetime import datetime, timedelta
from typing import Any

from contracts.procedures.construction_permit import CheckCompleteness, DeliverPermit, IssuePermit
from contracts.terms.identifiers import AgencyId, CaseId, Party
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Answered, Cancelled, Received, Requested
from network.broker.publisher import Publisher
from network.parties import AgencyClient
from seamless.demo.assumptions import Plan, plan
from seamless.town.agenda import Agenda, Intention
from seamless.town.draws import number_of
from seamless.town.speaking import Speaker
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings

MISSING = [
    {"zh": "建设用地批准手续", "en": "Land title", "field": "land_title"},
    {"zh": "防空地下室设计", "en": "Shelter plan", "field": "shelter_plan"},
]


class PlannedAgency:
    """One agency: every request is worked on for the drawn time, and then answered as drawn."""

    def __init__(self, agency: AgencyId, *, seed: int, day: timedelta) -> None:
        """
        Args:
            day: how long a working day lasts.
        """
        self._agency = agency
        self._seed, self._day = seed, day

    def hear(self, event: Event, agenda: Agenda) -> None:
        """Process what the platform tells it."""
        request, party = event.requestid or "", Party.agency(self._agency)
        if event.type == Cancelled.type:
            agenda.drop(event.subject, step=request)
        if event.type != Requested.type:
            return
        requested, step = Requested.model_validate(event.data), request.partition("/")[2]
        case = plan(self._seed, number_of(event.subject))

        def intend(at: datetime, message: Message) -> None:
            id = f"{request}/{message.type}"  # the same when it is said again
            subject = CaseId(event.subject)
            agenda.add(Intention(at, party, subject, message, id, step=request, request=request))

        officer = f"{self._agency}-{number_of(event.subject) % 7}"
        worked = _days(case, requested.request, step) * self._day
        intend(event.time, Received())
        intend(event.time + worked, Answered(answer=_answer_to(case, requested, step), officer=officer))


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


async def run(settings: Settings, agency: AgencyId, *, seed: int, day: timedelta) -> None:
    """Run one simulated agency until cancelled."""
    agenda, simulated = Agenda(), PlannedAgency(agency, seed=seed, day=day)
    async with Publisher(settings.broker) as publisher, asyncio.TaskGroup() as group:
        speaker = Speaker(publisher, settings, agenda)
        group.create_task(speaker.run())
        client = AgencyClient(publisher, settings.directory.administration, agency, rules=settings.rules)
        async with client.hearing(group=f"agency.{agency}.demo") as heard:
            set_ready()
            async for event in heard:
                simulated.hear(event, agenda)
                speaker.look()


def main() -> None:
    """``python -m seamless.demo.agency AGENCY SEED DAY_SECONDS``."""
    agency, seed, day = AgencyId(sys.argv[1]), int(sys.argv[2]), timedelta(seconds=float(sys.argv[3]))
    run_process(f"demo-{agency}", lambda settings: run(settings, agency, seed=seed, day=day))


if __name__ == "__main__":
    main()
