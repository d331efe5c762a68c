"""Two persons for dead letters: one proposes, another confirms, and nothing follows from one alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.suspects import Suspects
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import Directory, load_directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import CaseId, ProcedureId
from contracts.terms.levers import LetterLever
from contracts.terms.service_item import ServiceItem
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.messages import Applied, Reported
from network.broker.dead_letters import DeadLetterList
from network.broker.publisher import Publisher, Record
from seamless.operate.second_person import Ordered, Procedures, carry_out, confirm, confirmed, ordered
from tests.applications import event
from tests.unit.seamless.operate.test_dead_letter_query import letter

FINE, PERMIT = ProcedureId("traffic-fine"), ProcedureId("construction-permit")
CASE = CaseId("portal-01a21959-853b-70f0-a92a-6e8aa6b99cd2")
ALONE = load_directory()
TWO = ALONE.model_copy(update={"two_persons": ("discard",)})


def catalogue(**two: tuple[LetterLever, ...]) -> Mapping[ProcedureId, ServiceItem]:
    """The catalogue, with levers of some procedures that need two persons."""
    wanted = {name.replace("_", "-"): levers for name, levers in two.items()}
    return {
        name: item.model_copy(update={"two_persons": wanted.get(name, ())})
        for name, item in CATALOGUE.items()
    }


def archive(**known: str) -> Procedures:
    """What the archive says of which procedure a case is."""

    async def procedures(cases: Collection[str]) -> Mapping[str, str]:
        return {CASE: known["case"]} if "case" in known and CASE in cases else {}

    return procedures


async def unasked(cases: Collection[str]) -> Mapping[str, str]:
    raise AssertionError("the archive is asked, and nobody wants two persons")


def application(procedure: object, **changes: Any) -> DeadLetter:
    """A dead letter that was an application."""
    said = {"procedure": procedure, "application": {}}
    value, headers = event("urn:x:channel:portal", Applied.type, CASE, said).encode()
    return letter(**({"key": CASE.encode(), "value": value, "headers": tuple(headers)} | changes))


async def discarding(
    of: DeadLetter,
    directory: Directory = ALONE,
    procedures: Procedures = unasked,
    items: Mapping[ProcedureId, ServiceItem] = CATALOGUE,
) -> str:
    order = await ordered([of], "discard", directory, procedures, items)
    return "settled" if order.settled else "proposed"


async def test_where_nobody_wants_two_persons_one_settles_it_and_no_archive_is_asked() -> None:
    assert await discarding(letter()) == "settled"


async def test_where_the_directory_wants_two_it_does_of_every_dead_letter() -> None:
    assert await discarding(letter(key=None, value=b"\xff"), TWO) == "proposed"
    assert (await ordered([letter()], "replay", TWO, unasked)).settled, "the other lever needs one"


@pytest.mark.parametrize(
    ("of", "known", "outcome"),
    [
        (letter(key=CASE.encode()), {"case": FINE}, "proposed"),
        (letter(key=CASE.encode()), {"case": PERMIT}, "settled"),
        (application(FINE), {}, "proposed"),
        (application(PERMIT), {}, "settled"),
        pytest.param(application(PERMIT), {"case": FINE}, "proposed", id="what it says is no way around"),
        pytest.param(letter(key=CASE.encode()), {}, "proposed", id="nobody can tell its procedure"),
        pytest.param(letter(key=None), {}, "proposed", id="nor of one without a key"),
        pytest.param(application("no-such"), {}, "proposed", id="nor of an unknown one"),
        pytest.param(application(["list"]), {}, "proposed", id="nor of what is no name"),
        pytest.param(application(PERMIT, value=b"{"), {}, "proposed", id="nor of what cannot be read"),
        pytest.param(application(PERMIT, value=None, omitted=9), {}, "proposed", id="nor of what is omitted"),
    ],
)
async def test_where_a_service_item_wants_two_it_does_of_the_cases_of_its_procedure(
    of: DeadLetter, known: dict[str, str], outcome: str
) -> None:
    assert await discarding(of, ALONE, archive(**known), catalogue(traffic_fine=("discard",))) == outcome


async def test_a_report_names_no_procedure() -> None:
    value, headers = event("urn:x", Reported.type, CASE, {"procedure": PERMIT, "step": "x"}).encode()
    of = letter(value=value, headers=tuple(headers))
    assert await discarding(of, ALONE, archive(), catalogue(traffic_fine=("discard",))) == "proposed"


# --- proposing and confirming -------------------------------------------------------------------------------


class Topic(Publisher):
    """The dead-letter topic, with a letter that holds its case; and everybody who reads it."""

    def __init__(self) -> None:
        self.list, self.suspects, self.records = DeadLetterList(), Suspects(), 0
        first = letter(reason="internal", key=CASE.encode())
        self._take(Record("dead-letter", first.key, *first.encode()))

    async def publish(self, records: Sequence[Record]) -> None:
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        self.records += 1
        self.list.add(cast("bytes", record.key), record.value, record.headers)
        placed = type("Placed", (), {"topic": "dead-letter", "partition": 0, "offset": self.records})()
        placed.key, placed.value, placed.headers = record.key, record.value, record.headers
        placed.timestamp = round(datetime.now(UTC).timestamp() * 1000)
        self.suspects.take(placed)

    @property
    def letter(self) -> DeadLetter:
        (found,) = self.list.result()
        return found

    async def orders(self, lever: LetterLever, by: str, why: str = "x") -> Ordered:
        directory = ALONE.model_copy(update={"two_persons": ("replay", "discard")})
        order = await ordered([self.letter], lever, directory, unasked)
        await carry_out(self, order, lever, by=by, why=why)
        return order

    async def confirms(self, by: str) -> bool:
        agreed = confirmed([self.letter], by)
        await confirm(self, agreed, by=by, why="I have seen it")
        return bool(agreed.replayed or agreed.discarded)


async def test_a_proposal_changes_nothing_until_another_person_confirms_it() -> None:
    topic = Topic()
    assert (await topic.orders("discard", "ming", "a mistake")).proposed
    assert topic.letter.state == "waiting"
    assert topic.suspects.holding(CASE, (), {}), "it still holds its case"
    assert not await topic.confirms("ming"), "the same person"
    assert topic.letter.state == "waiting"
    assert await topic.confirms("lan")
    settled = topic.letter
    assert (settled.state, settled.by, settled.why) == ("discarded", "lan", "I have seen it")
    assert settled.proposed is not None
    assert (settled.proposed.by, settled.proposed.why) == ("ming", "a mistake"), "both are kept"
    assert topic.suspects.holding(CASE, (), {}) is None


async def test_proposed_again_it_stays_the_first_persons_proposal() -> None:
    """Or whoever repeats a command would take the other's place, and both could go on for ever."""
    topic = Topic()
    await topic.orders("replay", "ming")
    records = topic.records
    for by in ("ming", "lan"):
        order = await topic.orders("replay", by)
        assert (order.proposed, order.settled) == ((), ())
        assert [each.id for each in order.waiting] == [topic.letter.id]
    assert topic.records == records
    assert topic.letter.proposed is not None
    assert topic.letter.proposed.by == "ming"


async def test_what_is_settled_is_not_proposed_again() -> None:
    topic = Topic()
    await topic.orders("discard", "ming")
    await topic.confirms("lan")
    for lever in ("discard", "replay"):
        with pytest.raises(InvalidInput, match="was discarded by lan"):
            await topic.orders(lever, "ming")  # type: ignore[arg-type]


async def test_another_proposal_takes_the_place_of_the_first() -> None:
    topic = Topic()
    await topic.orders("replay", "ming")
    await topic.orders("discard", "lan")
    assert not await topic.confirms("lan")
    assert await topic.confirms("ming")
    assert topic.letter.state == "discarded"


STEPS: dict[str, Callable[[Topic, str], Any]] = {
    "replay": lambda topic, by: topic.orders("replay", by),
    "discard": lambda topic, by: topic.orders("discard", by),
    "confirm": lambda topic, by: topic.confirms(by),
}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*STEPS]), st.sampled_from(["ming", "lan", "wei"])), max_size=8))
async def test_whatever_is_done_nothing_is_settled_but_by_two(steps: list[tuple[str, str]]) -> None:
    topic = Topic()
    for step, by in steps:
        if topic.letter.state == "waiting":
            await STEPS[step](topic, by)
    settled = topic.letter
    if settled.state != "waiting":
        assert settled.proposed is not None
        assert settled.proposed.state == settled.state
        assert settled.proposed.by != settled.by
