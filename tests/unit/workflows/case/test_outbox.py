"""The outbox: everything leaves in order, together with what it belongs to."""

from __future__ import annotations

import asyncio

import pytest

from contracts.platform import Batch, Published
from contracts.terms.decisions import Decision, Ended
from contracts.terms.values import MissingItem
from contracts.wire.messages import HandedOver, Question
from contracts.wire.notices import Missing, Receipt
from tests.unit.workflows.case.running import RUN, START, VirtualRuntime, a_case, checks
from workflows.case import outbox
from workflows.case.carrier import carry
from workflows.case.case import Case
from workflows.case.outbox import WouldFork

ASKED = Missing(items=(MissingItem(zh="用地批准", en="Land title", field="land_title"),), due=START)


def handed_over(case: Case) -> HandedOver:
    return HandedOver(matter="debt", procedure=case.opened.procedure, basis="law", content={})


async def test_a_letter_that_says_what_the_entry_says_has_no_data_of_its_own(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    recorded = case.record("asked-applicant", data=ASKED)
    recorded.tell_applicant(ASKED)
    (letter,) = recorded.posting().letters
    assert (letter.topic, letter.type, letter.data) == ("channel.portal.notices", Missing.type, None)


async def test_a_letter_that_says_something_else_has_its_data(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    asked = case.record("question", data=Question(text=ASKED.items[0]))
    accepted = case.record("accepted")
    asked.tell_applicant(ASKED)
    receipt = Receipt(stage="accepted", procedure=case.opened.procedure, ledger_hash=accepted.hash)
    accepted.tell_applicant(receipt)
    assert [letter.data for each in (asked, accepted) for letter in each.posting().letters] == [
        ASKED.model_dump(mode="json"),
        receipt.model_dump(mode="json"),
    ]


async def test_letters_leave_with_the_entry_they_were_bound_to(runtime: VirtualRuntime) -> None:
    """Whatever was recorded in between."""
    case = a_case(runtime)
    first, second = case.record("marked"), case.record("asked-applicant", data=ASKED)
    first.tell_agency("housing", handed_over(case))
    second.tell_applicant(ASKED)
    assert [letter.topic for letter in first.posting().letters] == ["agency.housing.requests"]
    assert [letter.topic for letter in second.posting().letters] == ["channel.portal.notices"]


async def test_an_agency_that_takes_part_by_a_check_is_not_written_to(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, checks=checks("drainage"))
    recorded = case.record("marked")
    recorded.tell_agency("drainage", handed_over(case))
    recorded.tell_agency("housing", handed_over(case))
    assert [letter.topic for letter in recorded.posting().letters] == ["agency.housing.requests"]


async def test_nothing_can_be_bound_to_an_entry_that_has_left(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    sending = asyncio.create_task(case.outbox.run())
    recorded = case.record("marked")
    await case.outbox.drain()
    with pytest.raises(RuntimeError, match="has left already"):
        recorded.tell_applicant(ASKED)
    sending.cancel()


async def test_all_of_one_activation_leaves_in_one_batch_and_later_entries_in_the_next(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    sending = asyncio.create_task(case.outbox.run())
    runtime.broker_up = False
    case.record("marked")
    case.record("marked")
    await runtime.advance()
    case.record("marked")
    case.record("marked")
    await runtime.advance()
    assert len(runtime.batches) == 1  # one in flight
    runtime.broker_up = True
    await case.outbox.drain()
    assert [len(batch.postings) for batch in runtime.batches] == [2, 2]
    assert [entry.sequence for entry in runtime.entries] == [1, 2, 3, 4]
    sending.cancel()


async def test_a_batch_stays_below_its_size_and_nothing_is_left_behind(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH_CHARACTERS", 10_000)
    case = a_case(runtime)
    for length in [4000, 4000, 4000, 50_000, 10, 10]:
        case.record("marked", data={"text": length * "x"})
    sending = asyncio.create_task(case.outbox.run())
    await case.outbox.drain()
    assert [len(batch.postings) for batch in runtime.batches] == [2, 2, 2]
    assert [entry.sequence for entry in runtime.entries] == [1, 2, 3, 4, 5, 6]
    sending.cancel()


async def test_a_letter_counts_for_the_size_of_its_batch(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    recorded = case.record("marked", data={"text": 5000 * "x"})
    alone = recorded.size()
    recorded.tell_agency("housing", handed_over(case))
    assert recorded.size() > alone + 5000


def changed(batch: Batch, **what: str) -> Published:
    return Published.of(batch, RUN).model_copy(update=what)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"head": 64 * "0"}, "entries 1 to 2 .marked to asked-applicant.: 0+ was published"),
        ({"letters": 64 * "0"}, "entries 1 to 2 .* other letters"),
        ({"run": "an-earlier-run"}, "made by a Reset.*case cancel ID --force.*terminate this run"),
    ],
)
async def test_what_was_published_otherwise_stops_the_case(
    runtime: VirtualRuntime, what: dict[str, str], said: str
) -> None:
    """On a replay, what is returned is what was published then."""
    runtime.published = lambda batch: changed(batch, **what)
    case = a_case(runtime)
    sending = asyncio.create_task(case.outbox.run())
    case.record("marked")
    case.record("asked-applicant", data=ASKED).tell_applicant(ASKED)
    with pytest.raises(WouldFork, match=f"{case.opened.case}.*{said}"):
        await case.outbox.drain()
    case.record("marked")
    await runtime.advance()
    assert len(runtime.batches) == 1
    assert sending.done()


async def test_a_run_that_was_made_by_a_reset_sends_nothing(runtime: VirtualRuntime) -> None:
    runtime.reset = True
    case = a_case(runtime)

    async def course() -> Decision:
        return Ended(result="done")

    with pytest.raises(WouldFork, match="made by a Reset"):
        await carry(case, course())
    assert runtime.batches == []
