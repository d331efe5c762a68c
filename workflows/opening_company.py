"""Opening a company: registered first; then everybody whom a company needs, at the same time."""

from __future__ import annotations

from contracts.procedures.opening_company import (
    OPENING_COMPANY,
    Account,
    ApproveExtension,
    CheckCompleteness,
    CheckName,
    CompanyApplication,
    Done,
    OpenAccount,
    RegisterCompany,
    RegisterHousingFund,
    RegisterInsurance,
    RegisterSeal,
    RegisterTaxpayer,
    Registration,
    outstanding,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from contracts.terms.requests import Request
from contracts.terms.values import DocumentRef
from workflows.case import Procedure, procedure


@procedure(OPENING_COMPANY)
class OpeningCompany(Procedure[CompanyApplication]):
    """The registration is the decision. What others do after it, or leave undone, does not touch it."""

    async def course(self, application: CompanyApplication) -> Decision:
        application = await self.complete(application)
        naming = await self.ask(CheckName(company=application.name, business=application.business))
        if naming.outcome == "taken":
            return await self.decide(Refuse(reason="name-taken"))
        registration = await self.registered(application)
        if registration.licence is None:
            return await self.decide(Refuse(reason=registration.reason or "unlawful"))
        decision = await self.decide(Grant())
        await self.notify(registration.licence)
        await self.equip(application, registration.licence)
        return decision

    async def complete(self, application: CompanyApplication) -> CompanyApplication:
        """The form once it is complete: everything that is missing is asked for at once."""
        while (check := await self.ask(CheckCompleteness(application=application))).outcome == "incomplete":
            application = await self.supplement(
                application, check.missing, within=working_days(10), otherwise="not-supplemented"
            )
        await self.accept()
        return application

    async def registered(self, application: CompanyApplication) -> Registration:
        """What the registrar decides. The duty to decide does not end: who has not is asked again."""
        while True:
            registration = await self.ask(RegisterCompany(application=application))
            if registration.outcome == "complex":
                [rule] = self.law.extensions
                asked = ApproveExtension(company=application.name, by=rule.limit)
                await self.extend(rule.limit, basis=rule.basis, approved=asked)
            elif registration.outcome != "outstanding":
                return registration

    async def equip(self, application: CompanyApplication, licence: DocumentRef) -> None:
        """Seal, tax, insurance, housing fund and, where it is wanted, an account: all at the same time."""
        company, employees = application.name, application.employees
        asked: list[Request[Done] | Request[Account]] = [
            RegisterSeal(company=company, licence=licence),
            RegisterTaxpayer(company=company, business=application.business, licence=licence),
            RegisterInsurance(company=company, employees=employees, licence=licence),
            RegisterHousingFund(company=company, employees=employees, licence=licence),
        ]
        if application.account:
            person = application.representative
            asked.append(OpenAccount(company=company, representative=person, licence=licence))
        answers = await self.ask_all(*asked)
        for each in asked:
            answer = answers.of(each)
            if answer is None or answer.outcome != "done":
                await self.mark(outstanding(type(each)))
