"""The service item: what the catalogue says about a procedure."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SkipValidation, model_validator

from contracts.terms.burden import Errand, Published
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import APPLICANT, STANDARD, AgencyId, Party, ProcedureId
from contracts.terms.law import LawVersion, check_succession
from contracts.terms.levers import CaseLever, LetterLever
from contracts.terms.materials import Form, Material
from contracts.terms.reports import REPORTS
from contracts.terms.requests import Request
from contracts.terms.results import Confidentiality, Remedy, Result, Retention
from contracts.terms.values import Bilingual, Contract, Statement, Text, absent
from contracts.terms.wire_names import Named

ApplicantKind = Literal["person", "company", "organisation", "authority"]
"""Who may apply: a natural person, a company, another legal person, a public authority."""


class Condition(Contract):
    """A condition for accepting an application, and the rule that says so."""

    name: Bilingual
    basis: Text | None = Field(default=None, exclude_if=absent)


class ServiceItem(Contract):
    """The catalogue entry of a procedure. What changes with the law is in its :class:`LawVersion`.

    What the procedure does:
        ``application`` is the type of its applications. ``requests`` and ``hand_overs`` are
        what it asks and hands over; listing a class here gives it its name on the wire. ``statuses`` and
        ``flags`` are what a case may be marked with: where it is, and what an officer should look at.
        ``third_parties`` may have a case, or order something in it, and are no agencies: experts, courts.
        ``withdrawable``: whoever applied may take it back. ``reporters`` are the agencies that may report
        steps of a case without being asked, besides the lead; None: every agency may. ``examples`` are
        applications with which ``seamless procedure check`` explores it.

    What operators may do:
        ``stand_ins`` are the agencies to which an operator may move a request of the procedure, besides the
        lead and those to which the law refers it. ``two_persons`` are the levers that need two: an order
        takes effect once another person has confirmed it. ``replay`` and ``discard`` are those of the dead
        letters of its cases.

    What people read:
        ``basis`` are the laws it rests on; ``joint`` the agencies that decide with the lead. ``consequences``
        says what follows from silence. ``visits``: how often an applicant has to come in person at most; None
        where nobody knows, or where the variants differ. ``errands`` are what an applicant has to do;
        ``published`` are totals that somebody published of a variant, and ``assumed`` is what nobody
        published: what this procedure says about it is an assumption. ``titles`` are what people call its
        steps: by the class name in dashes of what it asks or hands over, or by the step of a report;
        ``application`` is what it begins with. ``outcomes`` are what they call the outcomes of answers, and
        the ends without a decision.

    Raises:
        ValueError: at definition, if parts of it contradict each other; says which, and what to change.
        TypeError: at definition, where another service item lists one of its classes.
    """

    procedure: ProcedureId
    code: Text
    name: Bilingual
    application: type[Statement] = Field(exclude=True)
    lead: AgencyId
    joint: tuple[AgencyId, ...] = ()
    laws: tuple[LawVersion, ...] = Field(min_length=1)
    requests: tuple[Annotated[type[Request[Any]], SkipValidation], ...] = Field(default=(), exclude=True)
    hand_overs: tuple[Annotated[type[HandOver], SkipValidation], ...] = Field(default=(), exclude=True)
    statuses: dict[str, Bilingual] = Field(default_factory=dict)
    flags: dict[str, Bilingual] = Field(default_factory=dict)
    third_parties: dict[str, Bilingual] = Field(default_factory=dict, exclude_if=lambda value: not value)
    withdrawable: bool = True
    reporters: tuple[AgencyId, ...] | None = ()
    stand_ins: tuple[AgencyId, ...] = Field(default=(), exclude_if=lambda value: not value)
    two_persons: tuple[CaseLever | LetterLever, ...] = Field(default=(), exclude_if=lambda value: not value)
    examples: tuple[Annotated[Statement, SkipValidation], ...] = Field(default=(), exclude=True)
    titles: dict[str, Bilingual] = Field(default_factory=dict, exclude_if=lambda value: not value)
    outcomes: dict[str, Bilingual] = Field(default_factory=dict, exclude_if=lambda value: not value)
    consequences: Bilingual
    basis: tuple[Text, ...] = ()
    applicants: tuple[ApplicantKind, ...] = ()
    conditions: tuple[Condition, ...] = ()
    materials: tuple[Material, ...] = ()
    forms: tuple[Form, ...] = ()
    results: tuple[Result, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    visits: int | None = Field(default=None, ge=0, exclude_if=absent)
    errands: tuple[Errand, ...] = Field(default=(), exclude_if=lambda value: not value)
    published: tuple[Published, ...] = Field(default=(), exclude_if=lambda value: not value)
    assumed: tuple[Bilingual, ...] = Field(default=(), exclude_if=lambda value: not value)
    confidentiality: Confidentiality = "case"
    retention: Retention | None = Field(default=None, exclude_if=absent)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_succession(self.laws)
        for key in self.third_parties:
            Party.third(key)
        if wrong := [type(each).__name__ for each in self.examples if not isinstance(each, self.application)]:
            raise ValueError(f"an example is a {wrong[0]}, and not a {self.application.__name__}")
        for law in self.laws:
            law.fees.check(self.application)
            law.check_requests(self.requests)
        codes = Counter(each.code for kind in (self.materials, self.forms, self.results) for each in kind)
        if doubled := [code for code, count in codes.items() if count > 1]:
            raise ValueError(f"two materials, forms or results have the code {doubled[0]!r}")
        self._check_errands()
        steps = {each.local_name for each in (*self.requests, *self.hand_overs)} | {"application", *REPORTS}
        if unknown := [each for each in self.titles if each not in steps]:
            raise ValueError(
                f"titles: {unknown[0]!r} is no request, hand-over or report: {', '.join(sorted(steps))}"
            )
        for request in self.requests:
            request.bind(
                self.procedure,
                [law.terms(request) for law in self.laws],
                stand_ins=(self.lead, *self.stand_ins),
            )
        for hand_over in self.hand_overs:
            hand_over.bind(self.procedure)
        return self

    def _check_errands(self) -> None:
        """Return if each errand and each published total names only what exists.

        Raises:
            ValueError: it names an unknown variant, form or material; names the known ones.
        """
        variants: list[str] = [variant for law in self.laws for variant in law.variants]
        forms, materials = [each.code for each in self.forms], [each.code for each in self.materials]
        named: list[tuple[str, str, list[str]]] = [
            ("variant", variant, variants) for each in self.errands for variant in each.variants
        ]
        named += [("variant", each.variant, variants) for each in self.published]
        named += [("form", each.form, forms) for each in self.errands if each.form is not None]
        named += [("material", code, materials) for each in self.errands for code in each.materials]
        for what, code, known in named:
            if code not in known:
                there = ", ".join(dict.fromkeys(known)) or "none"
                raise ValueError(f"an errand, or what was published: there is no {what} {code!r}: {there}")

    def errands_in(self, variant: str) -> tuple[Errand, ...]:
        """What an applicant has to do in a variant."""
        return tuple(each for each in self.errands if not each.variants or variant in each.variants)

    def hears(self, agency: str) -> bool:
        """Whether an agency may report steps of a case."""
        return self.reporters is None or agency == self.lead or agency in self.reporters

    def law(self, law: str) -> LawVersion:
        """The law version of this id.

        Raises:
            LookupError: there is none; says what to do.
        """
        found = next((each for each in self.laws if each.id == law), None)
        if found is None:
            raise LookupError(
                f"{self.procedure} has no law version {law!r}; there are: "
                f"{', '.join(each.id for each in self.laws)}. A case keeps the version it was opened under: "
                "put it back into the service item, as long as cases run under it"
            )
        return found

    @property
    def newest_law(self) -> LawVersion:
        """The law version that comes into force last."""
        return self.laws[-1]

    def law_or_newest(self, law: str) -> LawVersion:
        """The law version of this id; for readers, the newest one if it is no longer in the code."""
        return next((each for each in self.laws if each.id == law), self.newest_law)

    def law_on(self, day: date) -> LawVersion:
        """The law version in force on ``day``.

        Raises:
            LookupError: none was.
        """
        for law in self.laws:
            if law.since <= day and (law.until is None or day <= law.until):
                return law
        raise LookupError(f"{self.procedure}: no law version is in force on {day}")

    def workflow_type(self, variant: str) -> str:
        """The Temporal workflow type that runs this procedure in a variant; never the law's, which is
        data."""
        return self.procedure if variant == STANDARD else f"{self.procedure}.{variant}"

    def check_lists(self, named: Named) -> None:
        """Return if this procedure may ask, or hand over, what ``named`` is.

        Raises:
            TypeError: its class is not listed here; says what to do.
        """
        kind = type(named)
        if kind not in self.requests and kind not in self.hand_overs:
            where = "requests" if issubclass(kind, Request) else "hand_overs"
            raise TypeError(
                f"{kind.__name__} is not listed in the service item of {self.procedure!r}: "
                f"add it to {where}=(...) there"
            )

    def check_party(self, party: Party) -> None:
        """Return if a course of this procedure may name ``party`` as who ordered something, or has the case.

        Raises:
            LookupError: it is a third party that is not listed here, or nobody who could be; names the known
                ones.
        """
        known = [Party.third(key) for key in self.third_parties]
        if party.kind != "agency" and party != APPLICANT and party not in known:
            raise LookupError(
                f"{self.procedure}: {party!r} is none of its third parties: {', '.join(known) or 'none'}; "
                "nor an agency, nor the applicant"
            )

    @property
    def marks(self) -> dict[str, Bilingual]:
        """Everything that a case may be marked with."""
        return self.statuses | self.flags

    def mark(self, code: str) -> Bilingual:
        """What a mark, a status or a flag, means.

        Raises:
            LookupError: the catalogue has no such mark.
        """
        if code not in self.marks:
            raise LookupError(f"{self.procedure}: {code!r} is none of its marks: {', '.join(self.marks)}")
        return self.marks[code]
