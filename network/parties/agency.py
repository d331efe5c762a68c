"""Speaking as an agency: answering what was asked, and reporting what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.admission import Rules
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.reports import Report
from contracts.terms.requests import Answer
from contracts.terms.values import Bilingual
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Corrected, NotOurs, Question, Received, Reported
from network.broker.publisher import Publisher
from network.parties.party import PartyClient, case_of, message


class AgencyClient(PartyClient):
    """An agency with a system of its own.

    ``request`` is the id of a request, as the event ``requested`` has it in ``requestid``; ``officer`` is a
    pseudonym. Each method raises :class:`contracts.terms.errors.Refusal` when the gateway would not admit the
    event, and :class:`network.broker.publisher.PublishError` when it is not known to be published.
    """

    def __init__(
        self, publisher: Publisher, administration: str, agency: str, *, rules: Rules | None = None
    ) -> None:
        super().__init__(publisher, administration, Party.agency(AgencyId(agency)), rules=rules)

    async def receive(self, request: str, note: str | None = None, **about: Any) -> Event:
        """Say that an officer has the request."""
        return await self._about(request, message(Received, note=note), about)

    async def answer(
        self, request: str, answer: Answer | Mapping[str, Any], *, officer: str | None = None, **about: Any
    ) -> Event:
        """Answer a request."""
        return await self._about(request, message(Answered, answer=_plain(answer), officer=officer), about)

    async def correct(
        self,
        request: str,
        answer: Answer | Mapping[str, Any],
        *,
        reason: str,
        officer: str | None = None,
        **about: Any,
    ) -> Event:
        """Correct an answer that was given."""
        corrected = message(Corrected, answer=_plain(answer), reason=reason, officer=officer)
        return await self._about(request, corrected, about)

    async def ask(self, request: str, text: Bilingual, **about: Any) -> Event:
        """Ask the applicant something that the answer depends on."""
        return await self._about(request, message(Question, text=text), about)

    async def decline(
        self, request: str, *, reason: str, belongs_to: AgencyId | None = None, **about: Any
    ) -> Event:
        """Say that the request is another agency's, and whose where that is known."""
        return await self._about(request, message(NotOurs, reason=reason, belongs_to=belongs_to), about)

    async def report(self, case: str, report: Report, *, officer: str | None = None, **about: Any) -> Event:
        """Report a step that nobody asked for."""
        content = report.model_dump(mode="json")
        return await self.say(
            message(Reported, step=report.step, officer=officer, content=content), case, **about
        )

    async def _about(self, request: str, message: Any, about: dict[str, Any]) -> Event:
        return await self.say(message, case_of(request), request=request, **about)


def _plain(answer: Answer | Mapping[str, Any]) -> dict[str, Any]:
    return answer.model_dump(mode="json") if isinstance(answer, Answer) else dict(answer)
