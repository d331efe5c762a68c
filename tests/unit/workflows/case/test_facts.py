"""Waiting for reports and payments."""

from __future__ import annotations

from datetime import date, timedelta

from contracts.procedures.traffic_fine import FineNotified, FineSent
from contracts.terms.identifiers import Party
from contracts.terms.limits import working_days
from contracts.wire.messages import Paid, Reported
from tests.unit.workflows.case.authoring import FEE, Author
from tests.unit.workflows.case.running import DAY, PORTAL

NOTIFIED = Reported(step=FineNotified.step, content={"notified": "2026-02-01"})
POST = Party.agency("post")


async def test_the_first_of_several_facts_ends_the_wait(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineSent, FineNotified, Paid))
    (wait,) = author.case.journal.waits.values()
    assert wait.holder == "agency:police"  # who may report the first of them
    assert wait.inlets == ("agency.police.events", "agency.post.events", "channel.portal.events")
    await author.hears(NOTIFIED, POST)
    assert await waiting == FineNotified(notified=date(2026, 2, 1))


async def test_a_payment_is_one_of_the_facts(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineSent, Paid))
    await author.hears(Paid(amount=FEE, reference="bank-1"), PORTAL)
    assert await waiting == Paid(amount=FEE, reference="bank-1")


async def test_what_came_before_it_was_waited_for_counts_once(author: Author) -> None:
    await author.hears(NOTIFIED, POST)
    assert await author.procedure.wait_for(FineNotified) == FineNotified(notified=date(2026, 2, 1))
    assert not (await author.begins(author.procedure.wait_for(FineNotified))).done()


async def test_the_limit_of_a_wait_ends_it_with_nothing(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineNotified, within=working_days(2)))
    await author.lets_pass(3 * DAY)
    assert await waiting is None


async def test_a_day_that_is_past_ends_the_wait_unless_something_came(author: Author) -> None:
    yesterday = author.procedure.today() - timedelta(days=1)
    waiting = await author.begins(author.procedure.wait_for(FineNotified, until=yesterday))
    await author.lets_pass(timedelta(0))
    assert await waiting is None
