"""A simulated agency: it receives requests, and plans to answer after some work."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from contracts.terms.identifiers import AgencyId, CaseId, Party
from contracts.terms.values import Bilingual
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import (
    Answered,
    Cancelled,
    CaseClosed,
    Corrected,
    Expired,
    NotOurs,
    Question,
    Received,
    Refused,
    Requested,
    Superseded,
    Taken,
)
from seamless.town.agenda import Agenda, Intention, Until
from seamless.town.answers import answer_to
from seamless.town.draws import draw, number_of
from seamless.town.manners import AgencyManner

OFFICERS = 7
QUESTION = Bilingual(
    zh="请说明申请中的一处细节（模拟）。", en="Please explain a detail of your application (simulated)."
)
NOT_OURS = "另一部门更为合适（模拟） / another agency seems to be the right one (simulated)"
CORRECTION = "笔误（模拟） / a slip of the pen (simulated)"


class SimulatedAgency:
    """One agency. What it does with a request depends on the seed, the case's number and the step alone."""

    def __init__(self, agency: AgencyId, manner: AgencyManner, *, seed: int, day: timedelta) -> None:
        """
        Args:
            day: how long a working day lasts.
        """
        self.party = Party.agency(agency)
        self._agency, self._manner = agency, manner
        self._seed, self._day = seed, day

    def hear(self, event: Event, agenda: Agenda) -> None:
        """Process what the platform tells it."""
        case, request = event.subject, event.requestid
        match event.type:
            case Requested.type:
                self._take(event, Requested.model_validate(event.data), agenda)
            case Cancelled.type | Superseded.type:
                agenda.drop(case, party=self.party, step=request)
            case Expired.type:
                agenda.drop(case, "step", party=self.party, step=request)
            case CaseClosed.type:
                agenda.drop(case, party=self.party)
            case Taken.type | Refused.type:
                agenda.drop(case, party=self.party, id=str(event.data.get("event")))

    def _take(self, event: Event, asked: Requested, agenda: Agenda) -> None:
        """Intend what it will say about a request, if anything."""
        request, manner, began = event.requestid or "", self._manner, event.time
        step = request.partition("/")[2]
        chance = draw(self._seed, number_of(event.subject), self.party, step)
        if chance.random() < manner.silent:
            return
        answers_at = began + self._worked(asked, began, chance)
        answer = answer_to(asked, manner, chance, began.date(), first=step.endswith("/1"))
        if answer is None:
            return

        def intend(
            at: datetime, message: Message, until: Until = "step", before: datetime | None = None
        ) -> None:
            case, id = CaseId(event.subject), f"{request}/{message.type}"
            agenda.add(Intention(at, self.party, case, message, id, request, request, until, before))

        def share(of_the_work: float) -> datetime:
            return began + of_the_work * (min(answers_at, asked.due) - began)

        officer = f"{self._agency}-{number_of(event.subject) % OFFICERS}"
        said = answer.model_dump(mode="json")
        intend(share(0.1), Received(officer=officer), before=asked.binding_end)
        if chance.random() < manner.asks:
            intend(share(0.3), Question(text=QUESTION, officer=officer), before=asked.binding_end)
        if chance.random() < manner.disowns:
            intend(share(0.4), NotOurs(reason=NOT_OURS, officer=officer), before=asked.binding_end)
        too_late = answers_at >= asked.binding_end
        intend(answers_at, Answered(answer=said, officer=officer), "closing" if too_late else "step")
        if chance.random() < manner.corrects and not too_late:
            corrected = Corrected(answer=said, reason=CORRECTION, officer=officer)
            intend(answers_at + self._day, corrected, "closing")

    def _worked(self, asked: Requested, began: datetime, chance: Random) -> timedelta:
        """How long it works on a request: within the limit, but where it is late."""
        limit, grace = asked.due - began, asked.binding_end - asked.due
        late = chance.random() < self._manner.late
        if late:
            return limit + (chance.uniform(0.2, 0.8) * grace if grace else chance.uniform(0.1, 0.5) * limit)
        if self._manner.days is not None:
            return chance.triangular(0.3, 1.7, 1.0) * self._manner.days * self._day
        return chance.triangular(0.25, 0.95, 0.6) * limit
