"""What a new procedure starts from: the smallest complete one, to be replaced line by line."""

from __future__ import annotations

from string import Template

CONTRACT = Template('''"""$title: what is asked, and by which law.

All of it is an example to start from: replace it with what the law says.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import working_days
from contracts.terms.materials import Material
from contracts.terms.requests import Answer, Request, deem, remind
from contracts.terms.results import Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef, Statement, Text

LEAD = AgencyId("$agency")


class Application(Statement):
    """What is applied for."""

    applicant: Text
    grounds: Text
    plan: DocumentRef


class Assessment(Answer):
    """What the agency found."""

    outcome: Literal["consent", "refuse"]


class AssessApplication(
    Request[Assessment],
    agency=LEAD,
    limit=working_days(10),
    basis="the article that names this limit",
    overdue=[remind(at=0.8), deem("refuse")],
):
    application: Application


EXAMPLE = Application(
    applicant="李 / Li",
    grounds="An example.",
    plan=DocumentRef(uri="urn:document:plan", sha256="0" * 63 + "1", size=1000),
)

$constant = ServiceItem(
    procedure=ProcedureId("$name"),
    code="$name",
    name=Bilingual(
        zh=$title_zh,
        en=$title_en,
    ),
    application=Application,
    lead=LEAD,
    laws=(
        LawVersion(
            id="2026",
            basis="the law that it rests on",
            since=date(2026, 1, 1),
            statutory=working_days(20),
            promised=working_days(15),
            fees=FeeSchedule(currency="CNY"),
            reasons={"not-granted": Reason(zh="不予批准。", en="The conditions are not met.")},
        ),
    ),
    examples=(EXAMPLE,),
    requests=(AssessApplication,),
    consequences=Bilingual(zh="逾期未答复的，不予批准。", en="Without an answer in time, it is refused."),
    materials=(Material(code="plan", name=Bilingual(zh="方案", en="Plan")),),
    results=(Result(code="permit", name=Bilingual(zh="许可决定", en="Decision"), by_decision=True),),
)
''')
"""``contracts/procedures/<module>.py``."""

WORKFLOW = Template('''"""$title: one question, one answer."""

from __future__ import annotations

from contracts.procedures.$module import $constant, Application, AssessApplication
from contracts.terms.decisions import Decision, Grant, Refuse
from workflows.case import Procedure, procedure


@procedure($constant)
class $cls(Procedure[Application]):
    """The lead agency assesses the application, and decides."""

    async def course(self, application: Application) -> Decision:
        await self.accept()
        assessment = await self.ask(AssessApplication(application=application))
        if assessment.outcome == "refuse":
            return await self.decide(Refuse(reason="not-granted"))
        return await self.decide(Grant())
''')
"""``workflows/<module>.py``."""

TEST = Template('''"""$title: granted, and refused by silence."""

from __future__ import annotations

from temporalio.client import Client

from contracts.procedures.$module import EXAMPLE, AssessApplication, Assessment
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.limits import working_days
from seamless.testing import case_of
from workflows.$module import $cls


async def test_it_is_granted_when_the_agency_consents(temporal: Client) -> None:
    async with case_of($cls, EXAMPLE, temporal) as case:
        await case.answer(AssessApplication, Assessment(outcome="consent"))
        assert (await case.closing()).decision == Grant()


async def test_it_is_refused_when_nobody_answers(temporal: Client) -> None:
    async with case_of($cls, EXAMPLE, temporal) as case:
        await case.asked(AssessApplication)
        await case.passes(working_days(10))
        assert (await case.closing()).decision == Refuse(reason="not-granted")
        assert case.kinds == ["opened", "accepted", "requested", "reminded", "deemed", "decided", "closed"]
''')
"""``tests/cases/test_<module>.py``."""
