"""What an applicant's events, sent through a channel, do to a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.platform import Delivered
from contracts.terms.errors import REASONS, Refusal, refusal_of
from contracts.terms.identifiers import Party
from contracts.wire.messages import ApplicantReplied, Paid, Replied, Supplemented
from workflows.case.case import Case, refusal
from workflows.case.deadlines import Wait
from workflows.case.facts import fact_of, record_fact
from workflows.case.journal import PAYMENT, Outcome
from workflows.case.replies import keep_late, taken


def pay(case: Case, delivered: Delivered) -> None:
    """Count a payment, once by its reference, towards what is owed, and say how much of it was too much."""
    paid = Paid.model_validate(delivered.event.data)
    if not paid.amount.amount:
        place = "data.amount.amount"
        raise Refusal("invalid", f"{place}: nothing was paid", place)
    if paid.amount.currency != case.law.fees.currency:
        place, wanted = "data.amount.currency", case.law.fees.currency
        raise Refusal("wrong-currency", f"{place}: the case takes payments in {wanted}", place)
    if not case.journal.pay(paid.reference):
        raise Refusal("payment-known", REASONS["payment-known"].en, "data.reference")
    recorded, wait = record_fact(case, delivered, "paid", PAYMENT, fee_paid=paid.amount)
    taken(case, recorded, delivered, excess=wait.excess if wait else None)


def supplement(case: Case, delivered: Delivered) -> None:
    """Take what was asked for and handed in, if the application is still one with it.

    Raises:
        Refusal: nothing was asked for, or something else; what was asked for may still be handed in.
    """
    handed_in = Supplemented.model_validate(delivered.event.data).application
    waits = [wait for wait in case.journal.waits.values() if wait.fields]
    if not waits:
        ended = {each.how for each in case.journal.outcomes.values() if each.fields}
        if not ended & {"lapsed", "broken-off"}:
            raise refusal("not-asked")
        keep_late(case, delivered)
        return
    wait = _wait_that_asked_for(handed_in, waits)
    try:
        supplements = case.supplemented(handed_in)
    except ValidationError as error:
        raise refusal_of(error, under="data.application") from None
    case.journal.supplements = supplements
    fact = fact_of(delivered, "supplemented")
    outcome = Outcome(how="answered", value=fact.model_dump(mode="json"))
    case.waits.settle(wait.step, outcome, delivered.received)
    codes = tuple(sorted(handed_in))
    recorded = case.record("supplemented", of=wait, by=delivered, materials=len(codes), material_codes=codes)
    taken(case, recorded, delivered)


def _wait_that_asked_for(handed_in: Mapping[str, Any], waits: Sequence[Wait]) -> Wait:
    """The wait that asked for what is handed in: all of it, and each of it something.

    Raises:
        Refusal: none did.
    """
    for wait in waits:
        if handed_in and all(field in wait.fields and handed_in[field] is not None for field in handed_in):
            return wait
    asked = list(dict.fromkeys(field for wait in waits for field in wait.fields))
    wrong = [field for field, value in handed_in.items() if field not in asked or value is None]
    place = ".".join(["data.application", *wrong[:1]])
    raise Refusal("invalid", f"{place}: what was asked for, and may not be empty: {', '.join(asked)}", place)


def reply(case: Case, delivered: Delivered) -> None:
    """Give the applicant's reply to the agency that asked."""
    reply = ApplicantReplied.model_validate(delivered.event.data)
    asked = case.journal.questions.get(reply.question)
    if asked is None:
        raise Refusal("unknown-question", REASONS["unknown-question"].en, "data.question")
    wait = case.journal.waits.get(asked.step)
    if wait is None or wait.agency != asked.agency:
        keep_late(case, delivered, asked.step)
        return
    recorded = case.record("replied", of=wait, by=delivered, materials=len(reply.documents))
    replied = Replied(question=asked.event, text=reply.text, documents=reply.documents)
    if case.opened.is_check(agency := Party.agency(asked.agency)):  # its own system has asked
        if case.runtime.patched("who-has-a-check-and-asks-is-replied-to"):
            recorded.answer(agency, replied)
    else:
        recorded.tell_agency(asked.agency, replied)
    taken(case, recorded, delivered)


def withdraw(case: Case, delivered: Delivered) -> None:
    """Take the application back."""
    taken(case, case.withdraw(delivered), delivered)
