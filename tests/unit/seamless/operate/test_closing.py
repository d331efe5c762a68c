"""A ledger that is closed from outside says what the case itself would have said."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.platform import Batch, Cancellation
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, ReviewDrainage, ReviewFireSafety
from contracts.terms.decisions import Decision, Grant
from contracts.terms.identifiers import OPERATOR, AdministrationId, AgencyId, CaseId
from contracts.terms.limits import working_days
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import Answered, Paid
from contracts.wire.orders import CancelOrdered
from seamless.operate.closing import closing_of
from tests.applications import ADMINISTRATION, application
from tests.unit.workflows.case.running import FIRE_SAFETY, PORTAL, VirtualRuntime, a_case, checks, delivered
from workflows.case import carrier
from workflows.case.case import Case
from workflows.case.collecting import open_collection
from workflows.case.deciding import decide
from workflows.case.waiting import open_request, outcome_of

NOT_ALIKE = {"data", "data_digest", "previous", "hash", "build", "officer"}
"""What entries from outside cannot say as the case would: it has the secret that salts and pseudonyms are
made of, and its worker has a build."""

WHY = "Its workflow was terminated by mistake."
APPLICATION = application()


async def reviews(case: Case) -> Decision:
    fire = open_request(case, ReviewFireSafety(site=APPLICATION.site, design=APPLICATION.design))
    open_request(case, ReviewDrainage(site=APPLICATION.site, sewage=APPLICATION.sewage))
    await outcome_of(case, fire)
    decide(case, Grant())
    await asyncio.Event().wait()
    return Grant()


async def fees(case: Case) -> Decision:
    bill = case.law.fees.of(case.opened.application)
    if step := open_collection(case, bill, working_days(5), ()):
        await outcome_of(case, step)
    await asyncio.Event().wait()
    return Grant()


async def under_way(runtime: VirtualRuntime, *, decided: bool) -> tuple[Case, asyncio.Task[object]]:
    """A case that asked two agencies, one of which takes part by an automated check."""
    case = a_case(runtime, checks=checks("drainage"))
    carrying = asyncio.create_task(carrier.carry(case, reviews(case)))
    await runtime.advance()
    if decided:
        consent = Answered(answer={"outcome": "consent"})
        case.inbox.put(
            delivered(consent, case.opened.case, FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
        )
        await runtime.advance()
    return case, carrying


def ending(case: CaseId, at: datetime) -> Cancellation:
    """An order to end a case."""
    order = CancelOrdered(officer="ling", desk="counter-3", on_behalf_of="wu", why=WHY)
    sent = delivered(order, case, OPERATOR, event_id="ending", received=at)
    return Cancellation(by="ling", why=WHY, order=sent)


def closing(
    entries: list[LedgerEntry],
    now: datetime,
    item: ServiceItem = CONSTRUCTION_PERMIT,
    by_checks: tuple[AgencyId, ...] = checks("drainage"),
) -> Batch:
    order = ending(entries[0].case, now).order
    assert order is not None
    return closing_of(
        entries,
        order.event,
        item=item,
        administration=AdministrationId(ADMINISTRATION),
        checks=by_checks,
        now=now,
    )


def said(batches: list[Batch]) -> list[object]:
    """What entries and letters say."""
    return [
        (
            each.entry.model_dump(mode="json", exclude=NOT_ALIKE),
            each.entry.data.content if each.entry.data else None,
            [
                (
                    letter.topic,
                    letter.type,
                    {
                        name: value
                        for name, value in (letter.data or each.entry.data.content).items()  # type: ignore[union-attr]
                        if name != "ledger_hash"
                    },
                )
                for letter in each.letters
            ],
        )
        for batch in batches
        for each in batch.postings
    ]


async def compare(decided: bool) -> None:
    runtime = VirtualRuntime()
    case, carrying = await under_way(runtime, decided=decided)
    before = list(runtime.entries)
    batch = closing(before, runtime.time)
    assert faults([*before, *(each.entry for each in batch.postings)]) == []
    published = len(runtime.batches)
    case.inbox.cancellation = ending(case.opened.case, runtime.time)
    await carrying
    assert said([batch]) == said(runtime.batches[published:])


async def test_no_entry_names_the_officer() -> None:
    runtime = VirtualRuntime()
    await under_way(runtime, decided=False)
    batch = closing(list(runtime.entries), runtime.time)
    assert "ling" not in batch.model_dump_json()
    begun = batch.postings[0].entry
    assert (begun.kind, begun.actor, len(begun.officer or ""), begun.desk) == (
        "broken-off", OPERATOR, 16, "counter-3",
    )  # fmt: skip
    assert begun.data is not None
    assert begun.data.content == {"desk": "counter-3", "on_behalf_of": "wu", "why": WHY}


async def test_of_a_case_under_way() -> None:
    await compare(decided=False)


async def test_of_a_decided_case() -> None:
    await compare(decided=True)


@pytest.mark.parametrize(
    ("amounts", "refund"),
    [
        (("300000.00",), "89990.00"),  # more than what is due, which is collected
        (("210009.99",), "210009.99"),  # less: the case ends before the rest has come
        (("210010.00",), None),
        (("100000.00", "110011.00", "7.00"), "8.00"),
    ],
)
async def test_what_is_to_be_paid_back(amounts: tuple[str, ...], refund: str | None) -> None:
    runtime = VirtualRuntime()
    case = a_case(runtime, checks=checks("drainage"))
    carrying = asyncio.create_task(carrier.carry(case, fees(case)))
    await runtime.advance()
    for number, amount in enumerate(amounts):
        money = Money(amount=Decimal(amount), currency="CNY")
        case.inbox.put(delivered(Paid(amount=money, reference=str(number)), case.opened.case, PORTAL))
        await runtime.advance()
    batch = closing(list(runtime.entries), runtime.time)
    told = [each.entry.fee_refund for each in batch.postings if each.entry.kind == "refund-due"]
    assert told == ([Money(amount=Decimal(refund), currency="CNY")] if refund else [])
    published = len(runtime.batches)
    case.inbox.cancellation = ending(case.opened.case, runtime.time)
    await carrying
    assert said([batch]) == said(runtime.batches[published:])


async def test_it_does_not_go_back_in_time() -> None:
    runtime = VirtualRuntime()
    _, carrying = await under_way(runtime, decided=False)
    last = runtime.entries[-1]
    batch = closing(list(runtime.entries), datetime(2020, 1, 1, tzinfo=UTC))
    assert {each.entry.recorded for each in batch.postings} == {last.recorded}
    carrying.cancel()
    await carrying
