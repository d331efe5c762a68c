"""The journal: what a new run knows of the earlier ones."""

from __future__ import annotations

from typing import Any

from tests.applications import event, new_case
from tests.unit.workflows.case.running import PORTAL, START
from workflows.case.journal import FACTS_KEPT, Fact, Journal, Outcome


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


def test_what_was_done_once_is_not_done_in_a_new_run() -> None:
    journal = Journal()
    assert (journal.once("mark"), journal.once("mark")) == ("mark/1", "mark/2")
    again = in_a_new_run(journal)
    assert (again.once("mark"), again.once("mark"), again.once("mark")) == (None, None, "mark/3")


def test_what_was_read_once_is_read_the_same_in_a_new_run() -> None:
    journal = Journal()
    assert journal.remember("today", "2026-03-02") == "2026-03-02"
    again = in_a_new_run(journal)
    assert again.remember("today", "2026-03-09") == "2026-03-02"
    assert again.remember("today", "2026-03-09") == "2026-03-09"


def test_an_event_is_new_once_also_in_a_new_run() -> None:
    journal, case = Journal(), new_case()
    one, two = (event(PORTAL, "x", case, {}, event_id=name) for name in ("1", "2"))
    assert (journal.is_new(one), journal.is_new(one), journal.is_new(two)) == (True, False, True)
    again = in_a_new_run(journal)
    assert (again.is_new(one), again.is_new(two)) == (False, False)


def test_the_same_id_of_another_sender_is_another_event() -> None:
    journal, case = Journal(), new_case()
    for source in ("urn:a", "urn:b"):
        assert journal.is_new(event(source, "x", case, {}, event_id="1"))


def test_of_the_facts_that_nobody_waits_for_only_payments_are_all_kept() -> None:
    journal = Journal()
    for number in range(FACTS_KEPT + 5):
        journal.keep(fact("reported:visit", number=number))
        journal.keep(fact("paid", number=number))
    journal.keep(fact("reported:other"))
    names = [each.name for each in journal.facts]
    assert names.count("reported:visit") == FACTS_KEPT
    assert names.count("paid") == FACTS_KEPT + 5
    assert names.count("reported:other") == 1


def test_outcomes_keep_the_order_in_which_steps_ended() -> None:
    journal = Journal()
    for step in ("b/1", "a/1", "c/1"):
        journal.outcomes[step] = Outcome(how="done")
    assert list(in_a_new_run(journal).outcomes) == ["b/1", "a/1", "c/1"]
