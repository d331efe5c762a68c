"""Who ordered a suspension or an extension, and third parties that have a case: all outside erasable data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from archive.steps import steps_of
from contracts.clock import intervals
from contracts.terms.decisions import Decision, Grant
from contracts.terms.identifiers import APPLICANT, PLATFORM, Party
from contracts.terms.limits import working_days
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Money
from contracts.wire.ledger import pseudonym_of
from contracts.wire.messages import Paid
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HEARING,
    LONGER,
    PORTAL,
    Advise,
    ApproveExtension,
    Plea,
    begun,
    item,
)
from tests.unit.workflows.case.running import DAY, SECRET, VirtualRuntime
from workflows.case import Procedure
from workflows.case.faults import CourseFault

pytestmark = pytest.mark.usefixtures("runs")

EXPERT = Party.third("expert")
FEE = Money(amount=Decimal(1), currency="EUR")


def with_expert() -> ServiceItem:
    return item().model_copy(update={"third_parties": {"expert": Bilingual(zh="专家", en="The expert")}})


def heard_by(by: Any, holder: Party | None = None) -> Any:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.ask(Advise())
        async with author.suspended(HEARING.basis, by=by):
            await author.wait_for(Paid, holder=holder)
        return await author.decide(Grant())

    return course


@pytest.mark.parametrize(
    ("by", "actor", "officer"),
    [
        (None, PLATFORM, None),
        (HEAD, Party.agency(HEAD), None),
        (APPLICANT, APPLICANT, None),
        (EXPERT, EXPERT, None),
        (Advise, Party.agency(ADVISER), "a-7"),
    ],
)
async def test_a_suspension_says_who_ordered_it(
    runtime: VirtualRuntime, by: Any, actor: Party, officer: str | None
) -> None:
    carried = await begun(runtime, with_expert(), heard_by(by))
    await carried.answers("advise", "yes", ADVISER, officer="a-7", desk="north")
    [suspended] = carried.of("suspended")
    assert suspended.actor == actor
    assert suspended.officer == (pseudonym_of(SECRET, actor, officer) if officer else None)
    assert (suspended.desk, suspended.visits) == ("north" if officer else None, None)
    await carried.goes_on(DAY)
    await carried.hears(Paid(amount=FEE, reference="a"), PORTAL)
    assert carried.kinds[-1] == "closed"
    carried.check_ledger()
    whys = "; ".join(each.why for each in intervals(carried.entries, runtime.time))
    assert (f"by {actor}" in whys) == (by is not None)
    assert ("desk north" in whys) == (officer is not None)


async def test_silence_orders_nothing_the_law_does(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, with_expert(), heard_by(Advise))
    await carried.days(10, DAY)
    assert carried.of("deemed")
    assert carried.of("suspended")[0].actor == PLATFORM


async def test_a_third_party_has_the_case_while_it_is_waited_for(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, with_expert(), heard_by(None, EXPERT))
    await carried.goes_on(2 * DAY)
    await carried.answers("advise", "yes", ADVISER)
    await carried.goes_on(3 * DAY)
    [waiting] = carried.of("waiting")
    assert (waiting.holders, waiting.third_party, waiting.agency) == ((EXPERT,), "expert", None)
    assert [step.holder for step in steps_of(carried.entries)] == [Party.agency(ADVISER), EXPERT]
    await carried.hears(Paid(amount=FEE, reference="a"), PORTAL)
    carried.check_ledger()
    held = [
        (each.holders, (each.ended or runtime.time) - each.began)
        for each in intervals(carried.entries, runtime.time)
        if each.ended != each.began
    ]
    assert held == [((Party.agency(ADVISER),), 2 * DAY), ((EXPERT,), 3 * DAY)]


@pytest.mark.parametrize("party", ["third-party:oracle", "platform", "system", "channel:portal"])
async def test_who_is_no_party_of_the_procedure_has_no_case(runtime: VirtualRuntime, party: str) -> None:
    for course in (heard_by(Party(party)), heard_by(None, Party(party))):
        carried = await begun(runtime, with_expert(), course)
        await carried.answers("advise", "yes", ADVISER)
        with pytest.raises(CourseFault, match=f"'{party}' is none of its third parties: third-party:expert"):
            await carried.carrying


async def test_an_extension_says_which_officer_approved_it(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.extend(working_days(5), basis=LONGER.basis, approved=ApproveExtension())
        return await author.decide(Grant())

    carried = await begun(runtime, item(), course)
    await carried.answers("approve-extension", "approved", HEAD, officer="h-1", desk="board")
    [extended] = carried.of("extended")
    head = Party.agency(HEAD)
    assert (extended.actor, extended.officer) == (head, pseudonym_of(SECRET, head, "h-1"))
    assert (extended.desk, extended.automated) == ("board", False)


async def test_who_was_not_asked_ordered_nothing(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.suspended(HEARING.basis, by=Advise):
            await author.ask(Advise())
        return await author.decide(Grant())

    carried = await begun(runtime, item(), course)
    with pytest.raises(CourseFault, match="by=Advise: no such request was answered before"):
        await carried.carrying


def test_a_key_that_no_party_could_have_is_refused_at_definition() -> None:
    fields = {name: getattr(item(), name) for name in ServiceItem.model_fields}
    with pytest.raises(ValueError, match="is no Party"):
        ServiceItem(**(fields | {"third_parties": {"The Expert": Bilingual(zh="专家", en="The expert")}}))
