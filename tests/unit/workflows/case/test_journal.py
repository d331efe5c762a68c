"""The journal: what a new run knows of the earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.platform import Delivered
from contracts.terms.values import Money
from contracts.wire.envelope import LARGEST_EVENT_BYTES, Event
from tests.applications import event, new_case
from tests.unit.workflows.case.running import PORTAL, START
from workflows.case.journal import (
    FACT_BYTES,
    FACTS_BYTES,
    FACTS_KEPT,
    LARGEST_SUM,
    PAYMENT,
    Fact,
    Journal,
    Outcome,
)


def in_a_new_run(journal: Journal) -> Journal:
    return Journal.model_validate_json(journal.model_dump_json())


def fact(name: str, **data: Any) -> Fact:
    return Fact(name=name, cause="test#1", received=START, data=data)


def test_a_step_is_numbered_among_the_uses_of_its_own_name() -> None:
    journal = Journal()
    names = [journal.next_step(name) for name in ("review", "collect", "review", "review")]
    assert names == ["review/1", "collect/1", "review/2", "review/3"]


def test_a_new_run_gives_the_same_names_again() -> None:
    journal = Journal()
    first = [journal.next_step("review"), journal.next_step("review")]
    again = in_a_new_run(journal)
    assert [again.next_step("review"), again.next_step("review")] == first


def test_what_was_read_once_is_read_the_same_in_a_new_run() -> None:
    journal = Journal()
    assert journal.remember("today", "2026-03-02") == "2026-03-02"
    again = in_a_new_run(journal)
    assert again.remember("today", "2026-03-09") == "2026-03-02"
    assert again.remember("today", "2026-03-09") == "2026-03-09"


def came(sent: Event, minutes: int = 0) -> Delivered:
    """An event, so many minutes after the first ones."""
    return Delivered(event=sent, actor=PORTAL, received=START + timedelta(minutes=minutes))


def test_an_event_is_new_once_also_in_a_new_run() -> None:
    journal, case = Journal(), new_case()
    one, two = (came(event(PORTAL, "x", case, {}, event_id=name)) for name in ("1", "2"))
    assert [journal.hear(each) for each in (one, one, two)] == ["new", "copy", "new"]
    again = in_a_new_run(journal)
    assert [again.hear(each) for each in (one, two)] == ["copy", "copy"]


def test_what_says_something_else_under_a_known_id_is_another_event_until_the_first_was_refused() -> None:
    journal, case = Journal(), new_case()
    one, two, three = (came(event(PORTAL, "x", case, {"said": said}, event_id="1")) for said in (1, 2, 3))
    journal.hear(one)
    journal.refuse(one)
    assert [journal.hear(each) for each in (one, two)] == ["copy", "new"]
    journal = in_a_new_run(journal)
    assert journal.hear(three) == "other"
    journal.refuse(three)
    assert [journal.hear(each) for each in (one, two, three)] == ["copy", "copy", "copy"]


def test_what_was_refused_is_looked_at_again_only_where_it_was_sent_again() -> None:
    journal, case = Journal(), new_case()
    sent = event(PORTAL, "x", case, {}, event_id="1")
    journal.hear(came(sent, 2))
    journal.refuse(came(sent, 2))
    journal = in_a_new_run(journal)
    heard = [journal.hear(came(sent, minutes)) for minutes in (1, 2, 3, 3)]
    assert heard == ["copy", "copy", "again", "again"]
    journal.expect(sent)
    assert journal.hear(came(sent, 4)) == "copy"  # it may take effect
    journal.refuse(came(sent, 4))
    assert [journal.hear(came(sent, minutes)) for minutes in (3, 4, 5)] == ["copy", "copy", "again"]


def test_an_id_is_used_up_by_what_took_effect_and_not_by_what_is_still_to_do_so() -> None:
    journal, case = Journal(), new_case()
    one, two = (came(event(PORTAL, "x", case, {"said": said}, event_id="1")) for said in (1, 2))
    journal.hear(one)
    journal.undecided = [one]
    assert journal.hear(two) == "other"
    journal.expect(two.event)
    journal.undecided = [two]  # one has its turn
    assert not in_a_new_run(journal).has_used_up(one.event)
    journal.refuse(one)
    journal.undecided = []
    assert not journal.has_used_up(two.event)
    assert journal.hear(came(one.event, 1)) == "again"
    assert in_a_new_run(journal).has_used_up(one.event)  # two has taken effect


def test_a_mark_of_the_first_release_does_not_tell_when_and_is_of_a_copy() -> None:
    journal, case = Journal(), new_case()
    sent = event(PORTAL, "x", case, {}, event_id="1")
    journal.hear(came(sent))
    journal.refuse(came(sent))
    carried = {key: mark.partition("@")[0] for key, mark in journal.seen.items()}
    assert Journal(seen=carried).hear(came(sent, 5)) == "copy"


def test_the_same_id_of_another_sender_is_another_event() -> None:
    journal, case = Journal(), new_case()
    for source in ("urn:a", "urn:b"):
        assert journal.hear(came(event(source, "x", case, {}, event_id="1"))) == "new"


def payment(cents: int, currency: str = "CNY", **more: Any) -> Fact:
    return fact(PAYMENT, amount={"amount": f"{Decimal(cents) / 100:.2f}", "currency": currency}, **more)


def paid(facts: Sequence[Fact]) -> dict[str, Decimal]:
    """What was paid, by currency."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in facts:
        if each.name == PAYMENT:
            money = Money.model_validate(each.data["amount"])
            sums[money.currency] += money.amount
    return sums


@given(
    facts=st.lists(
        st.one_of(
            st.builds(
                lambda name, size: fact(f"reported:{name}", text=size * "x"),
                st.integers(0, 30),
                st.sampled_from([10, 60_000, 120_000]),
            ),
            st.builds(
                lambda cents, currency, size: payment(cents, currency, reference=size * "r"),
                st.integers(0, 10**14 - 1),
                st.sampled_from(["CNY", "EUR"]),
                st.sampled_from([5, 16_000]),
            ),
        ),
        max_size=300,
    )
)
def test_what_is_kept_of_facts_that_nobody_waits_for_is_bounded_and_no_payment_is_lost(
    facts: list[Fact],
) -> None:
    journal = Journal()
    for each in facts:
        kept = journal.keep(each)
        assert kept or each.name != PAYMENT
    assert len(journal.model_dump_json()) < FACTS_BYTES + 3 * FACT_BYTES
    assert paid(journal.facts) == paid(facts)


def test_a_hundred_facts_of_one_name_are_kept_one_by_one() -> None:
    journal = Journal()
    for number in range(FACTS_KEPT):
        assert journal.keep(fact("reported:visit", number=number))
        assert journal.keep(payment(number))
    assert not journal.keep(fact("reported:visit"))
    assert journal.keep(fact("reported:other"))
    assert journal.keep(payment(1))
    assert len(journal.facts) == 2 * FACTS_KEPT + 1


def test_one_fact_is_kept_however_large_an_event_may_be() -> None:
    journal, large = Journal(), LARGEST_EVENT_BYTES * "x"
    assert journal.keep(fact("reported:visit", text=large))
    assert not journal.keep(fact("reported:visit", text=large))


def test_payments_in_one_sum_are_an_amount_of_money() -> None:
    journal = Journal()
    for _ in range(FACTS_KEPT):
        journal.keep(payment(10**17))
    for _ in range(20):
        assert journal.keep(payment(10**17))
    assert Money.model_validate(journal.facts[-1].data["amount"]).amount == LARGEST_SUM


def test_outcomes_keep_the_order_in_which_steps_ended() -> None:
    journal = Journal()
    for step in ("b/1", "a/1", "c/1"):
        journal.outcomes[step] = Outcome(how="done")
    assert list(in_a_new_run(journal).outcomes) == ["b/1", "a/1", "c/1"]
