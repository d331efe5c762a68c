"""A refused event is kept as it came, its sender hears why, and an operator settles it once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from contracts.admission import Arrival
from contracts.terms.directory import load_directory
from contracts.terms.errors import Refusal, SeamlessError
from contracts.terms.identifiers import Party
from contracts.wire.dead_letter import DeadLetter, Place, reserved
from contracts.wire.envelope import Event
from contracts.wire.messages import Refused, Reported
from contracts.wire.notices import RefusedNotice
from contracts.wire.topics import DEAD_LETTER, events_topic, inlets_of, messages_topic
from network.broker.dead_letters import DeadLetterList, discard, replay
from network.broker.publisher import Publisher, Record, RecordTooLarge
from tests.applications import ADMINISTRATION, event, new_case
from workers.gateway.dead_letters import DeadLetterWriter, ReplayOf

INLETS = {inlet.topic: inlet for inlet in inlets_of(load_directory())}
PLANNING = INLETS[events_topic(Party.agency("planning"))]
PORTAL = INLETS[events_topic(Party.channel("portal"))]
CASE = new_case()
AT = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)
PLACE = Place(PLANNING.topic, 2, 17)
CLOSED = Refusal("case-closed", "the case is closed", "subject")


class KeptRecords(Publisher):
    """Keeps what is published; refuses values over its limit, as a broker does."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self.records: list[Record] = []
        self.limit = limit

    async def publish(self, records: Sequence[Record]) -> None:
        if any(len(record.value or b"") > self.limit for record in records):
            raise RecordTooLarge("too large")
        self.records += records

    @property
    def letters(self) -> list[DeadLetter]:
        found = DeadLetterList()
        for record in self.records:
            if record.topic == DEAD_LETTER:
                found.add(cast("bytes | None", record.key), record.value, record.headers)
        return found.result()

    def said_to(self, topic: str) -> Event:
        (record,) = (each for each in self.records if each.topic == topic)
        assert record.value is not None
        said = Event.model_validate_json(record.value)
        assert record.key == said.subject
        return said


def an_event() -> Event:
    source = Party.agency("planning").source(ADMINISTRATION)
    return event(source, Reported.type, CASE, {"step": "site visited"}, event_id="event-7")


def arrival(value: bytes | None = None, *, key: bytes | None = CASE.encode(), **changes: object) -> Arrival:
    written, headers = an_event().encode()
    given = {"inlet": PLANNING, "headers": tuple(headers), "received": AT} | changes
    return Arrival(key=key, value=written if value is None else value, **given)  # type: ignore[arg-type]


async def kept(came: Arrival, refusal: Refusal = CLOSED, limit: int = 1_000_000) -> KeptRecords:
    records = KeptRecords(limit)
    letters = DeadLetterWriter(records, administration=ADMINISTRATION, group="seamless.gateway")
    await letters.write(came, PLACE, refusal)
    return records


async def test_the_record_is_kept_as_it_came_with_its_place_and_reason() -> None:
    came = arrival(headers=(("x", b"\xff"), ("x", None), ("content-type", b"a")))
    (letter,) = (await kept(came)).letters
    assert (letter.key, letter.value, letter.headers) == (came.key, came.value, came.headers)
    assert (letter.id, letter.place) == (str(PLACE), PLACE)
    assert (letter.reason, letter.detail, letter.field) == ("case-closed", "the case is closed", "subject")
    assert (letter.received, letter.state) == (AT, "waiting")


async def test_the_sender_hears_of_it_on_its_own_topic() -> None:
    said = (await kept(arrival())).said_to(messages_topic(Party.agency("planning")))
    assert (said.type, said.subject) == (Refused.type, CASE)
    refused = Refused.model_validate(said.data)
    assert (refused.event, refused.reason, refused.field) == ("event-7", "case-closed", "subject")
    assert refused.text.zh


async def refusal_of(came: Arrival, place: Place = PLACE, refusal: Refusal = CLOSED) -> str:
    """The id of what the sender is told."""
    records = KeptRecords()
    letters = DeadLetterWriter(records, administration=ADMINISTRATION, group="seamless.gateway")
    await letters.write(came, place, refusal)
    return records.said_to(messages_topic(Party.agency("planning"))).id


async def test_an_event_refused_for_another_reason_gets_another_refusal() -> None:
    """Replayed, an event that came before its case may find it closed: its sender has to hear of that."""
    unknown = await refusal_of(arrival(), refusal=Refusal("unknown-case", "no such case"))
    assert await refusal_of(arrival()) != unknown
    assert await refusal_of(arrival(), refusal=Refusal("case-closed", "in other words")) == await refusal_of(
        arrival()
    )


async def test_an_event_refused_twice_gets_the_same_refusal() -> None:
    """Wherever it stands and however it was sent; another event gets another one."""

    first = await refusal_of(arrival())
    sent_again = (
        an_event().model_copy(update={"time": AT + timedelta(days=1), "traceparent": None}).encode()[0]
    )
    spaced = json.dumps(json.loads(sent_again), indent=1).encode()
    assert await refusal_of(arrival(spaced), Place(PLANNING.topic, 2, 99)) == first
    other = an_event().model_copy(update={"data": {"step": "site not found"}}).encode()[0]
    assert await refusal_of(arrival(other)) != first
    assert await refusal_of(arrival(b"{")) == await refusal_of(arrival(b"{"))
    assert await refusal_of(arrival(b"{")) != await refusal_of(arrival(b"["))


@pytest.mark.parametrize("length", [201, 500, 501, 2000])
async def test_two_ids_that_begin_alike_get_two_refusals_that_name_as_much_of_them_as_fits(
    length: int,
) -> None:
    told = []
    for last in "ab":
        name = "x" * (length - 1) + last
        value = an_event().model_copy(update={"id": name}).model_dump_json().encode()
        said = (await kept(arrival(value))).said_to(messages_topic(Party.agency("planning")))
        assert said.data["event"] == name[:500]
        told.append(said.id)
    assert len(set(told)) == 2


async def test_a_channel_hears_of_it_as_a_notice() -> None:
    assert (await kept(arrival(inlet=PORTAL))).said_to(PORTAL.replies).type == RefusedNotice.type


@pytest.mark.parametrize(
    ("value", "key", "case"),
    [
        pytest.param(b"{", CASE.encode(), CASE, id="no JSON, with the key of a case"),
        (b"{", None, "unknown"),
        (b"", b"", "unknown"),
        (b'{"specversion": "1.0", "subject": 5}', b"\xff", "�"),
        (b'{"specversion": "1.0", "subject": "other"}', b"key", "other"),
        (b"[" * 50_000, b"key", "key"),
    ],
)
async def test_the_sender_hears_of_it_whatever_it_sent(value: bytes, key: bytes | None, case: str) -> None:
    said = (await kept(arrival(value, key=key, headers=()))).said_to(messages_topic(Party.agency("planning")))
    assert said.subject == case


async def test_what_quotes_the_sender_is_bounded_and_printable() -> None:
    (letter,) = (await kept(arrival(), Refusal("invalid", "\ud800" + "x" * 100_000, "y" * 100_000))).letters
    assert len(letter.detail) == len(letter.field or "") == 1000


async def test_a_sender_cannot_pass_its_headers_for_ours() -> None:
    forged = (("dlq-state", b"discarded"), ("dlq-id", b"another"), ("dlq-replay-of", b"an/earlier/1"))
    (letter,) = (await kept(arrival(headers=forged))).letters
    assert (letter.id, letter.state, letter.replay_of) == (str(PLACE), "waiting", None)


async def test_a_record_too_large_to_keep_leaves_its_place_and_reason() -> None:
    records = await kept(arrival(b"x" * 5000), limit=4000)
    (letter,) = records.letters
    assert (letter.omitted, letter.value, letter.reason) == (5000, b"", "case-closed")
    await replay(records, letter, by="ming")  # its record still stands at its place
    assert [each.state for each in records.letters] == ["replayed"]


async def test_written_twice_it_is_one_letter() -> None:
    records = await kept(arrival())
    records.records += (await kept(arrival())).records
    assert len(records.letters) == 1


async def test_a_replay_tells_the_gateway_where_the_record_stands() -> None:
    records = await kept(arrival())
    await replay(records, records.letters[0], by="ming")
    settlement = records.records[-1]
    assert settlement.topic == DEAD_LETTER  # nobody speaks on the party's own topic
    said = reserved(settlement.headers)
    assert (said["dlq-topic"], said["dlq-partition"], said["dlq-offset"]) == (PLANNING.topic, "2", "17")
    assert [(letter.state, letter.by) for letter in records.letters] == [("replayed", "ming")]


async def test_refused_again_it_is_a_letter_of_its_own_that_names_the_first() -> None:
    records = await kept(arrival())
    again = DeadLetterWriter(records, administration=ADMINISTRATION, group="seamless.gateway")
    replayed = Place(DEAD_LETTER, 0, 5)
    await again.write(arrival(), replayed, CLOSED, replay_of=ReplayOf(str(PLACE), PLACE))
    first, second = records.letters
    assert (first.id, second.id) == (str(PLACE), "dead-letter/0/5")
    assert (second.replay_of, second.place) == (first.id, PLACE)


async def test_a_letter_is_settled_once() -> None:
    records = await kept(arrival())
    await discard(records, records.letters[0], by="明", why="sent by mistake")
    (letter,) = records.letters
    assert (letter.state, letter.by, letter.why) == ("discarded", "明", "sent by mistake")
    with pytest.raises(SeamlessError, match="was discarded by 明"):
        await replay(records, letter, by="明")


async def test_the_order_of_partitions_does_not_matter_nor_does_what_is_no_letter() -> None:
    records = await kept(arrival())
    await discard(records, records.letters[0], by="ming", why="twice")
    records.records.reverse()
    records.records.append(Record(DEAD_LETTER, None, b"junk", [("dlq-id", b"x")]))
    assert [letter.state for letter in records.letters] == ["discarded"]


@pytest.mark.parametrize("value", [b"", b"junk", b'{"specversion": "1.0"}'])
async def test_what_stands_under_another_key_is_another_refusal(value: bytes) -> None:
    """A receiver drops what has an id that it knows."""
    replies = [
        (await kept(arrival(value, key=key, headers=()))).said_to(messages_topic(Party.agency("planning")))
        for key in (b"one", b"two", b"one")
    ]
    assert replies[0].id == replies[2].id != replies[1].id


@pytest.mark.parametrize("missing", ["specversion", "type", "source", "time"])
async def test_an_event_that_lacks_an_attribute_is_named_in_its_refusal(missing: str) -> None:
    said = json.loads(an_event().encode()[0] or b"")
    del said[missing]
    came = arrival(json.dumps(said).encode())
    reply = (await kept(came)).said_to(messages_topic(Party.agency("planning")))
    assert reply.data["event"] == "event-7"


async def test_in_binary_mode_an_id_in_the_data_is_not_that_of_the_event() -> None:
    came = arrival(b'{"id": "inner"}', headers=(("ce_type", b"org.seamless.agency.reported.v1"),))
    reply = (await kept(came)).said_to(messages_topic(Party.agency("planning")))
    assert "event" not in reply.data
