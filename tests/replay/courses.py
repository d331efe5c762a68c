"""The cases that are recorded, and what happens in each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

from activities.checks import CHECKS
from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.opening_restaurant import PAPERS, PermitDrainage
from contracts.procedures.opening_restaurant_item import BUNDLE, CHAIN
from contracts.procedures.permit_receipt import (
    ConfirmationChecked,
    ConfirmationDetermined,
    ConfirmationSent,
    PermitRequest,
    PhaseClosed,
    ReceiptConfirmed,
    StopAdviceDetermined,
    StopDetermined,
)
from contracts.procedures.rebuilding import EXAMPLE as PILOT
from contracts.procedures.traffic_fine import (
    AppealedToPrefecture,
    CollectionOrdered,
    FineNotified,
    FineSent,
    euro,
)
from contracts.procedures.tree_felling import ADDED_REVIEW
from contracts.terms.identifiers import STANDARD, AgencyId, VariantId
from contracts.terms.requests import REQUESTS
from contracts.wire.messages import (
    ApplicantReplied,
    ApplicantWithdrew,
    NotOurs,
    Paid,
    Question,
    Reported,
    Supplemented,
)
from seamless.replay.clock import Clocks
from tests.applications import application, company, document, dormer, fine, restaurant, tree
from tests.cases.conftest import CaseUnderTest
from tests.replay.pilots import adopted
from tests.replay.replaying import SMALL_RUNS

LEGAL_DAYS = "cn-2026.1"
EXPENSE = {"amount": "13.00", "currency": "EUR"}

REVIEWS = {
    "planning": "construction-permit.review-planning/1",
    "fire-safety": "construction-permit.review-fire-safety/1",
    "civil-air-defence": "construction-permit.review-civil-air-defence/1",
    "environment": "construction-permit.review-environment/1",
}


class Course(NamedTuple):
    """One case to record.

    Attributes:
        name: of the history.
        events: sends the case everything that leads to its end.
        since: when the case's clock begins, where a log is replayed.
        law: under which the case is opened; without, under the newest.
        checks: the agencies that take part by an automated check.
    """

    name: str
    events: Callable[[CaseUnderTest], Awaitable[None]]
    application: BaseModel
    calendar: str = LEGAL_DAYS
    since: datetime | None = None
    law: str | None = None
    variant: VariantId = STANDARD
    checks: tuple[AgencyId, ...] = tuple(CHECKS)

    @property
    def procedure(self) -> str:
        """The procedure's name, with which the history's begins."""
        return self.name.split(".")[0]


async def granted(case: CaseUnderTest) -> None:
    """Incomplete at first; then everything as it should be."""
    await case.asked("construction-permit.check-completeness/1")
    missing = [{"zh": "用地批准手续", "en": "Land title", "field": "land_title"}]
    await case.answer(
        "housing", "construction-permit.check-completeness/1", outcome="incomplete", missing=missing
    )
    await case.until(lambda: "asked-applicant" in case.kinds)
    title = document("land-title").model_dump(mode="json")
    await case.send("channel:portal", Supplemented.type, {"application": {"land_title": title}})
    await case.asked("construction-permit.check-completeness/2")
    await case.answer("housing", "construction-permit.check-completeness/2", outcome="complete")
    await reviewed(case, *REVIEWS)
    await handed_over(case)


async def refused(case: CaseUnderTest) -> None:
    """One review refuses; the others are stopped."""
    await accepted(case)
    await case.answer("planning", REVIEWS["planning"], outcome="consent")
    reason = "fire-safety-insufficient"
    await case.answer("fire-safety", REVIEWS["fire-safety"], outcome="refuse", reason=reason)


async def withdrawn(case: CaseUnderTest) -> None:
    """The applicant withdraws during the reviews."""
    await accepted(case)
    await case.send("channel:portal", ApplicantWithdrew.type, {"reason": "plans changed"})


async def deemed(case: CaseUnderTest) -> None:
    """Fire safety stays silent: reminded, escalated, and deemed to consent once the fence is passed."""
    await accepted(case)
    await reviewed(case, "planning", "civil-air-defence", "environment")
    await handed_over(case)


async def referred(case: CaseUnderTest) -> None:
    """Planning asks the applicant; environment says it is not theirs, and housing answers in its place."""
    await accepted(case)
    how_high = {"text": {"zh": "层数？", "en": "How many storeys?"}}
    await case.send("agency:planning", Question.type, how_high, request=f"{case.id}/{REVIEWS['planning']}")
    await case.until(lambda: "question" in case.kinds)
    question = next(entry.id for entry in case.entries if entry.kind == "question")
    await case.send("channel:portal", ApplicantReplied.type, {"question": question, "text": "Three"})
    not_ours = {"reason": "a matter of the province"}
    await case.send(
        "agency:environment", NotOurs.type, not_ours, request=f"{case.id}/{REVIEWS['environment']}"
    )
    await reviewed(case, "planning", "fire-safety", "civil-air-defence")
    await case.until(lambda: "referred" in case.kinds)
    await case.answer("housing", REVIEWS["environment"], outcome="consent")
    await handed_over(case)


async def continued(case: CaseUnderTest) -> None:
    """More events than one run takes, with reviews under way."""
    await accepted(case)
    await reviewed(case, "planning")
    for visit in range(6):
        await case.send("agency:housing", Reported.type, {"step": "visit", "content": {"number": visit}})
    await case.until(lambda: case.kinds.count("reported") == 6)
    await reviewed(case, "fire-safety", "civil-air-defence", "environment")
    await handed_over(case)


async def felled(case: CaseUnderTest) -> None:
    """Whoever is asked says yes, and the fee is paid where there is one."""
    agencies = {"parks": "tree-felling.inspect-tree/1"}
    await case.until(lambda: bool(case.entries))
    if case.entries[0].variant == ADDED_REVIEW:
        agencies["environment"] = "tree-felling.review-habitat/1"
    for agency, request in agencies.items():
        await case.asked(request)
        await case.answer(agency, request, outcome="fell")
    await case.until(lambda: {"fee-due", "closed"} & set(case.kinds) != set())
    if "fee-due" in case.kinds:
        paid = {"amount": {"amount": "500.00", "currency": "CNY"}, "reference": "bank-1"}
        await case.send("channel:portal", Paid.type, paid)


async def extended(case: CaseUnderTest) -> None:
    """Supplemented; who advises gets more time; then all is well, and what is owed is paid."""
    permit = "environmental-permit"

    async def answer(agency: str, request: str, **answer: Any) -> None:
        await case.asked(f"{permit}.{request}")
        await case.answer(agency, f"{permit}.{request}", **answer)
        await case.until(lambda: answered(case, f"{permit}.{request}"))

    soil = {"zh": "土壤调查报告", "en": "Soil report", "field": "soil_report"}
    await answer("municipality", "take-in/1", outcome="needed")
    await answer("environmental-service", "check-completeness/1", outcome="incomplete", missing=[soil])
    await case.until(lambda: "asked-applicant" in case.kinds)
    report = document("soil-report").model_dump(mode="json")
    await case.send("channel:portal", Supplemented.type, {"application": {"soil_report": report}})
    await answer("environmental-service", "check-completeness/2", outcome="complete")
    await answer("fire-brigade", "advise-on-safety/1", outcome="no-objection")
    await answer("water-board", "advise-on-water/1", outcome="more-time")
    await answer("mayor-and-aldermen", "approve-extension/1", outcome="approved")
    await answer("water-board", "advise-on-water/2", outcome="conditions", conditions=["a drain"])
    await answer("environmental-service", "assess/1", outcome="grant", conditions=["a drain"])
    await answer("municipality", "take-decision/1", outcome="grant", conditions=["a drain"])
    decision = document("decision").model_dump(mode="json")
    await answer("environmental-service", "send-decision/1", outcome="issued", document=decision)
    await case.until(lambda: "fee-due" in case.kinds)
    fees = {"amount": {"amount": "3000.00", "currency": "EUR"}, "reference": "bank-1"}
    await case.send("channel:portal", Paid.type, fees)


async def equipped(case: CaseUnderTest) -> None:
    """Registered once what takes longer was approved; the bank refuses, and insurance is outstanding."""
    step = "opening-company"
    licence = document("business-licence").model_dump(mode="json")
    await case.asked(f"{step}.check-completeness/1")
    await case.answer("market-regulation", f"{step}.check-completeness/1", outcome="complete")
    await case.asked(f"{step}.check-name/1")
    await case.answer("market-regulation", f"{step}.check-name/1", outcome="free")
    await case.asked(f"{step}.register-company/1")
    await case.answer("market-regulation", f"{step}.register-company/1", outcome="complex")
    await case.asked(f"{step}.approve-extension/1")
    await case.answer("market-regulation", f"{step}.approve-extension/1", outcome="approved")
    await case.asked(f"{step}.register-company/2")
    await case.answer("market-regulation", f"{step}.register-company/2", outcome="register", licence=licence)
    await case.asked(f"{step}.open-account/1")
    await case.answer("bank", f"{step}.open-account/1", outcome="refused", reason="not-identified")
    for agency, request, outcome in (
        ("tax", "register-taxpayer", "done"),
        ("public-security", "register-seal", "done"),
        ("housing-fund", "register-housing-fund", "done"),
        ("social-insurance", "register-insurance", "outstanding"),
    ):
        await case.answer(agency, f"{step}.{request}/1", outcome=outcome)
        await case.until(lambda request=request: answered(case, f"{step}.{request}/1"))  # type: ignore[misc]


async def in_turn(case: CaseUnderTest) -> None:
    """One approval after the other; the fire and rescue service is asked twice."""
    await complete_restaurant(case)
    for request in ("register-business/1", "inspect-kitchen/1", "license-food/1", "inspect-fire-safety/1"):
        await approve(case, request)
    await case.asked("opening-restaurant.check-fire-safety/1")
    await case.answer("fire-rescue", "opening-restaurant.check-fire-safety/1", outcome="outstanding")
    for request in ("check-fire-safety/2", "approve-sign/1", "register-waste/1", "inspect-drains/1"):
        await approve(case, request)
    await approve(case, "permit-drainage/1")


async def at_once(case: CaseUnderTest) -> None:
    """One inspection, all approvals at once; one of them is outstanding when the lead concludes."""
    await complete_restaurant(case)
    await approve(case, "inspect-together/1")
    await case.asked("opening-restaurant.permit-drainage/1")
    await case.answer("water", "opening-restaurant.permit-drainage/1", outcome="outstanding")
    for kind in (each for each in PAPERS if each is not PermitDrainage):
        await approve(case, f"{kind.local_name}/1")
    await approve(case, "conclude/1")


async def complete_restaurant(case: CaseUnderTest) -> None:
    step = "opening-restaurant.check-completeness/1"
    await case.asked(step)
    await case.answer("market-regulation", step, outcome="complete")


async def approve(case: CaseUnderTest, request: str) -> None:
    """Whoever is asked says yes, or that the inspection was passed."""
    name, step = request.partition("/")[0], f"opening-restaurant.{request}"
    kind = REQUESTS[f"opening-restaurant.{name}"]
    says: dict[str, Any] = {"outcome": "passed"}
    if not name.startswith("inspect"):
        says = {"outcome": "approve", "document": document(name).model_dump(mode="json")}
    await case.asked(step)
    await case.answer(kind.agency, step, **says)
    await case.until(lambda: answered(case, step))


async def received(case: CaseUnderTest) -> None:
    """The groups of a municipality report their steps, one of them unexpected."""
    steps = (
        ReceiptConfirmed.step,
        StopAdviceDetermined.step,
        ConfirmationChecked.step,
        "T07-1 Draft intern advice",
        ConfirmationDetermined.step,
        StopDetermined.step,
        ConfirmationSent.step,
        PhaseClosed.step,
    )
    for number, step in enumerate(steps):
        party = f"agency:group-{1 + number % 4}"
        await case.send(party, Reported.type, {"step": step, "officer": f"officer-{number}"})
        await case.until(lambda count=number + 1: case.kinds.count("reported") == count)  # type: ignore[misc]


async def collected(case: CaseUnderTest) -> None:
    """A fine, notified and partly paid; the penalty once the fence is passed, a late appeal; collected."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("agency:police", {"step": FineSent.step, "content": {"expense": EXPENSE}}),
        ("agency:post", {"step": FineNotified.step, "content": {"notified": "2026-01-20"}}),
        ("agency:police", {"step": AppealedToPrefecture.step, "content": {"filed": "2026-04-01"}}),
        ("agency:police", {"step": CollectionOrdered.step}),
    ]
    payment = {"amount": {"amount": "10.00", "currency": "EUR"}, "reference": "bank-1"}
    for party, said in steps[:2]:
        await case.send(party, Reported.type, said)
        await case.until(lambda said=said: any(e.outcome == said["step"] for e in case.entries))  # type: ignore[misc]
    await case.until(lambda: "charged" in case.kinds)
    await case.send("channel:portal", Paid.type, payment)
    await case.until(lambda: "paid" in case.kinds)
    for party, said in steps[2:]:
        await case.send(party, Reported.type, said)
        await case.until(lambda said=said: any(e.outcome == said["step"] for e in case.entries))  # type: ignore[misc]


async def relived(case: CaseUnderTest) -> None:
    """A fine of 2007, on a clock of its own that is moved from step to step, over the penalty's day."""
    clocks = Clocks(case.client)
    steps: list[tuple[datetime, str, dict[str, Any]]] = [
        (datetime(2007, 7, 17, 10, tzinfo=UTC), FineSent.step, {"expense": EXPENSE}),
        (datetime(2007, 7, 25, 10, tzinfo=UTC), FineNotified.step, {"notified": "2007-07-25"}),
        (datetime(2009, 3, 30, 10, tzinfo=UTC), CollectionOrdered.step, {}),
    ]
    await case.until(lambda: "waiting" in case.kinds)
    for at, step, content in steps:
        await clocks.move(case.id, at - case.entries[-1].recorded)
        party = "agency:post" if step == FineNotified.step else "agency:police"
        await case.send(party, Reported.type, {"step": step, "content": content}, received=at)
        await case.until(lambda step=step: any(e.outcome == step for e in case.entries))  # type: ignore[misc]


async def accepted(case: CaseUnderTest) -> None:
    await case.asked("construction-permit.check-completeness/1")
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")


async def reviewed(case: CaseUnderTest, *agencies: str) -> None:
    await case.asked("construction-permit.review-drainage/1")
    for agency in agencies:
        await case.answer(agency, REVIEWS[agency], outcome="consent-with-conditions", conditions=[agency])
        await case.until(lambda step=REVIEWS[agency]: answered(case, step))  # type: ignore[misc]


async def handed_over(case: CaseUnderTest) -> None:
    await case.until(lambda: "fee-due" in case.kinds)
    fee = {"amount": "210010.00", "currency": "CNY"}
    await case.send("channel:portal", Paid.type, {"amount": fee, "reference": "bank-1"})
    await case.asked("construction-permit.issue-permit/1")
    permit = document("permit").model_dump(mode="json")
    await case.answer("housing", "construction-permit.issue-permit/1", outcome="issued", document=permit)
    await case.asked("construction-permit.deliver-permit/1")
    await case.answer("service-hall", "construction-permit.deliver-permit/1", outcome="delivered")


def answered(case: CaseUnderTest, step: str) -> bool:
    return any(entry.kind == "answered" and entry.step == step for entry in case.entries)


async def silent(case: CaseUnderTest) -> None:
    """Nobody says anything; the case ends by what follows from that."""


_WITH_EVENTS = (
    Course("construction-permit.granted", granted, application(land_title=None)),
    Course("construction-permit.refused", refused, application()),
    Course("construction-permit.withdrawn", withdrawn, application()),
    Course("construction-permit.deemed", deemed, application(), calendar="compressed:0.4"),
    Course("construction-permit.referred", referred, application(), calendar="compressed:0.4"),
    Course(f"construction-permit.{SMALL_RUNS}", continued, application()),
    Course("environmental-permit.extended", extended, dormer(), calendar="nl-2026.1"),
    Course("opening-company.equipped", equipped, company()),
    Course("opening-restaurant.chain", in_turn, restaurant(), law="one-by-one", variant=CHAIN),
    Course("opening-restaurant.bundle", at_once, restaurant(), variant=BUNDLE),
    Course(
        "permit-receipt.closed",
        received,
        PermitRequest(
            reference="case-10011",
            by="Internet",
            department="General",
            received=datetime(2011, 10, 11, 11, 42, tzinfo=UTC),
        ),
    ),
    Course("rebuilding.adopted", adopted, PILOT, calendar="compressed:0.4", checks=()),
    Course(
        "traffic-fine.collected",
        collected,
        fine(),
        calendar="it-2026.1",
    ),
    Course(
        "traffic-fine.relived",
        relived,
        fine(number="F2", made=date(2007, 3, 19), amount=euro(Decimal(36)), increased=euro(Decimal(74))),
        calendar="it-2026.1",
        since=datetime(2007, 3, 19, 11, tzinfo=UTC),
    ),
    Course("tree-felling.felled", felled, tree()),
    Course("tree-felling.felled-under-the-old-law", felled, tree(), law="2017"),
    Course("tree-felling.added-review", felled, tree(), variant=ADDED_REVIEW),
)

COURSES = (
    *_WITH_EVENTS,
    *(
        Course(f"{name}.silent", silent, item.examples[0], calendar="compressed:0.4")
        for name, item in CATALOGUE.items()
        if name not in {each.procedure for each in _WITH_EVENTS} and item.examples
    ),
)
"""Of a procedure that has none of its own, one is recorded in which nobody says anything."""
