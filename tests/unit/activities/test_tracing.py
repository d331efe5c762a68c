"""The outbox's spans, and what goes out with the messages: with a collector, and without one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.automated import automated
from activities.outbox import OutboxActivity
from contracts.platform import Batch, Letter, Posting
from contracts.procedures.construction_permit import ReviewDrainage
from contracts.terms.identifiers import AdministrationId, CaseId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Taken
from contracts.wire.tracing import Trace, check_ids, entry_ids, trace_id, traceparent_of
from network.broker.publisher import PublishError
from tests.applications import ADMINISTRATION, application, new_case
from tests.chains import chain
from tests.spans import kept_spans
from tests.stages import Kept

EVENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
REQUEST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STEP = "construction-permit.review-fire-safety/1"
SECRET_TEXT = "Zhang San, 110101199003070000"


class Broken(Kept):
    """A broker that fails, quoting what it was given."""

    async def publish(self, records: Any) -> None:
        raise PublishError(SECRET_TEXT)


def posted(entry: LedgerEntry, trace: Trace | None, *, letters: int = 1) -> Posting:
    letter = Letter(topic="agency.housing.requests", type=Taken.type, data={"event": "1"})
    return Posting(entry=entry, letters=letters * (letter,), trace=trace)


def batch(*postings: Posting) -> Batch:
    return Batch(administration=AdministrationId(ADMINISTRATION), postings=postings)


def published(sent: Batch, publisher: Kept | None = None) -> list[Event]:
    """What the outbox publishes, as its readers see it."""
    publisher = publisher or Kept()
    asyncio.run(ActivityEnvironment().run(OutboxActivity(publisher).publish, sent))
    return [Event.decode(record.value, record.headers) for record in publisher.records]


def at_one_instant(*steps: dict[str, Any], case: CaseId | None = None) -> list[LedgerEntry]:
    now = datetime.now(UTC) - timedelta(seconds=1)
    return chain(*({"recorded": now} | step for step in steps), case=case)


def test_without_a_collector_what_came_is_handed_on_as_it_came() -> None:
    (entry,) = chain({})
    future = EVENT.replace("00-", "cc-", 1)
    for trace in (Trace(parent=future, state="a=1"), Trace(parent=REQUEST, state="a=1", link=REQUEST)):
        events = published(batch(posted(entry, trace)))
        assert {(each.traceparent, each.tracestate) for each in events} == {(trace.parent, "a=1")}
    for nothing in (None, Trace(link=REQUEST)):
        events = published(batch(posted(entry, nothing)))
        assert {(each.traceparent, each.tracestate) for each in events} == {(None, None)}


def test_each_entry_goes_out_in_its_own_span_below_the_step_of_the_event_that_brought_it_about() -> None:
    case = new_case()
    answered, asked = at_one_instant(
        {
            "kind": "answered",
            "step": STEP,
            "request": f"{case}/{STEP}",
            "agency": "fire-safety",
            "outcome": "consent",
        },
        {"kind": "decided", "outcome": "granted"},
        case=case,
    )
    trace = Trace(parent=EVENT, state="vendor=1", link=REQUEST)
    with kept_spans() as spans:
        events = published(batch(posted(answered, trace), posted(asked, trace)))
    named = {each.name: each for each in spans}
    step = named["case construction-permit"]
    first, second = named["answered construction-permit.review-fire-safety"], named["decided"]
    assert (step.trace, step.parent, step.links) == (trace_id(EVENT), EVENT[36:52], (REQUEST,))
    assert {first.parent, second.parent, named["publish"].parent} == {step.id}
    assert [each.traceparent for each in events] == 2 * [first.context] + 2 * [second.context]
    assert {each.tracestate for each in events} == {"vendor=1"}
    assert first.about["seamless.agency"] == "fire-safety"
    assert first.about["seamless.outcome"] == "consent"
    assert all(each.began <= each.ended for each in spans)
    assert len(spans) == 4


def test_a_copy_goes_out_in_the_same_span() -> None:
    """A retry publishes the same again, whoever makes it."""
    (entry,) = chain({"kind": "requested", "step": STEP})
    for trace in (Trace(parent=EVENT), Trace(link=REQUEST), None):
        seen, sent = [], []
        for _ in range(2):
            with kept_spans() as spans:
                sent.append([each.traceparent for each in published(batch(posted(entry, trace)))])
            seen.append({(each.trace, each.id) for each in spans if each.name != "publish"})
        assert sent[0] == sent[1]
        assert seen[0] == seen[1]
        ids = entry_ids(trace, entry.case, entry.recorded, entry.id)
        assert sent[0][0] == traceparent_of(ids), "the case knows it without asking"


@pytest.mark.parametrize(
    ("trace", "links"),
    [
        (Trace(link=REQUEST), (REQUEST,)),
        (Trace(parent=EVENT, state="a=1", link=EVENT), (EVENT,)),
        (None, ()),
    ],
)
def test_what_no_event_brought_about_begins_a_trace(trace: Trace | None, links: tuple[str, ...]) -> None:
    first, second = at_one_instant({"kind": "deemed", "step": STEP}, {"kind": "decided"})
    with kept_spans() as spans:
        events = published(batch(posted(first, trace), posted(second, trace)))
    (step,) = (each for each in spans if not each.parent)
    assert step.links == links
    assert {each.trace for each in spans} == {step.trace}
    assert step.trace not in (trace_id(EVENT), trace_id(REQUEST))
    assert {trace_id(each.traceparent) for each in events} == {step.trace}
    assert {each.tracestate for each in events} == {None}, "it is of another trace"


def test_what_several_events_brought_about_leaves_together_and_each_in_its_own_trace() -> None:
    first, second = at_one_instant({"kind": "answered"}, {"kind": "refused", "reason": "unknown-request"})
    with kept_spans() as spans:
        events = published(batch(posted(first, Trace(parent=EVENT)), posted(second, Trace(parent=REQUEST))))
    traces = [trace_id(each.traceparent) for each in events]
    assert traces == 2 * [trace_id(EVENT)] + 2 * [trace_id(REQUEST)]
    (publish,) = (each for each in spans if each.name == "publish")
    (other,) = (each for each in spans if each.name.startswith("case") and each.trace == trace_id(REQUEST))
    assert publish.links == (other.context,)


def test_what_its_sender_does_not_trace_is_not_traced() -> None:
    (entry,) = chain({})
    unsampled = EVENT[:-2] + "00"
    with kept_spans() as spans:
        events = published(batch(posted(entry, Trace(parent=unsampled))))
    assert spans == []
    assert {(trace_id(each.traceparent), str(each.traceparent)[-2:]) for each in events} == {
        (trace_id(EVENT), "00")
    }


def test_what_is_not_published_is_told_as_an_attempt_without_what_the_error_says() -> None:
    (entry,) = chain({"content": {"name": SECRET_TEXT}})
    with kept_spans() as spans, pytest.raises(PublishError):
        published(batch(posted(entry, Trace(parent=EVENT))), Broken())
    assert [(each.name, each.failed) for each in spans] == [("publish", "PublishError")]


def test_no_span_has_a_text_of_a_party() -> None:
    """What a report calls its step, what an officer is called, what is in the data."""
    entry, more = at_one_instant(
        {
            "kind": "reported",
            "outcome": SECRET_TEXT,
            "officer": SECRET_TEXT,
            "desk": SECRET_TEXT,
            "cause": f"urn:x:agency:y#{SECRET_TEXT}",
            "basis": SECRET_TEXT,
            "content": {"name": SECRET_TEXT},
        },
        {"kind": "counted", "outcome": SECRET_TEXT},
    )
    with kept_spans() as spans:
        published(batch(posted(entry, Trace(parent=EVENT)), posted(more, Trace(parent=EVENT))))
    assert spans
    assert SECRET_TEXT not in str(spans)


# --- automated checks ---------------------------------------------------------------------------------------

ASKED = ReviewDrainage(site=application().site, sewage=application().sewage)


def test_a_check_is_the_span_that_its_case_expects_and_a_failed_attempt_is_below_it() -> None:
    answers: list[Any] = [ApplicationError(SECRET_TEXT), {"outcome": "consent"}]

    @automated(ReviewDrainage)
    async def check(request: ReviewDrainage) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    environment = ActivityEnvironment()
    with kept_spans() as spans:
        with pytest.raises(ApplicationError):
            asyncio.run(environment.run(check, ASKED))
        asyncio.run(environment.run(check, ASKED))
    ids = check_ids(environment.info.activity_id)
    attempt, done = spans
    assert (done.trace, done.id, done.parent) == (ids.trace, ids.span, "")
    assert (attempt.trace, attempt.parent, attempt.failed) == (ids.trace, ids.span, "ApplicationError")
    assert SECRET_TEXT not in str(spans)
