"""Nothing invalid enters, and every sender is told why a message was rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.terms.identifiers import Party
from contracts.wire.messages import Answered, ApplicantWithdrew, Applied, Refused, Reported
from contracts.wire.notices import RefusedNotice
from contracts.wire.topics import events_topic
from deploy.local.stack import Stack
from network.broker.dead_letters import replay
from network.broker.publisher import Publisher, Record
from tests.applications import ADMINISTRATION, application, event, new_case
from tests.integration.judge import dead_letters, judge
from tests.integration.town import Town, consent

pytestmark = pytest.mark.integration

PORTAL = Party.channel("portal").source(ADMINISTRATION)


def applied(case: str, procedure: str = "construction-permit", source: str = PORTAL, **changes: Any) -> bytes:
    data = {"procedure": procedure, "application": application().model_dump(mode="json") | changes}
    return event(source, Applied.type, case, data).encode()[0]


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (lambda case: b"{ this is not JSON", "not-json", None),
        (
            lambda case: applied(case, site={"parcel": "P", "address": "A"}),
            "invalid",
            "data.application.site.area",
        ),
        (lambda case: applied(case, floor_area="much"), "invalid", "data.application.floor_area"),
        (lambda case: applied(case, procedure="flying-permit"), "unknown-procedure", "data.procedure"),
        (lambda case: applied(case, project="x" * 70_000), "too-large", None),
        (
            lambda case: applied(case, source=Party.channel("counter").source(ADMINISTRATION)),
            "wrong-source",
            "source",
        ),
        (
            lambda case: applied(case, source=Party.agency("housing").source(ADMINISTRATION)),
            "wrong-source",
            "source",
        ),
    ],
)
async def test_a_bad_application_becomes_a_dead_letter_and_its_sender_hears_why(
    stack: Stack, town: Town, value: Callable[[str], bytes], reason: str, field: str | None
) -> None:
    case = new_case()
    headers = [("content-type", b"application/cloudevents+json")]
    await town.publish(Record(events_topic(Party.channel("portal")), case, value(case), headers))
    await town.until(lambda: bool(town.heard("channel.portal.notices", RefusedNotice.type, case)))
    refused = town.heard("channel.portal.notices", RefusedNotice.type, case)[0].data
    assert (refused["reason"], refused.get("field")) == (reason, field)
    assert refused["text"]["zh"]
    assert refused["text"]["en"]
    letter = (await dead_letters(stack.settings, case))[0]
    assert (letter.reason, letter.field) == (reason, field)
    assert town.kinds(case) == []


async def test_an_agency_cannot_speak_for_another(stack: Stack, town: Town) -> None:
    town.reply = lambda requested: (
        None if requested.data["request"] == "construction-permit.review-planning" else consent(requested)
    )
    case = await town.apply()
    await town.until(
        lambda: any(entry.step == "construction-permit.review-planning/1" for entry in town.ledger[case])
    )
    forged = event(
        Party.agency("planning"), Answered.type, case,
        {"answer": {"outcome": "refuse", "reason": "plan-not-conform"}},
        request=f"{case}/construction-permit.review-planning/1",
    )  # fmt: skip
    await town.send(events_topic(Party.agency("fire-safety")), forged)
    foreign = forged.model_copy(
        update={"source": Party.agency("fire-safety").source(ADMINISTRATION), "id": "other"}
    )
    await town.send(events_topic(Party.agency("fire-safety")), foreign)
    await town.until(lambda: len(town.heard("agency.fire-safety.requests", Refused.type, case)) == 2)
    assert {letter.reason for letter in await dead_letters(stack.settings, case)} == {"wrong-source"}
    await town.answer(f"{case}/construction-permit.review-planning/1", {"outcome": "consent"})
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")


async def test_an_event_for_a_closed_case_is_refused_and_kept_but_a_repeat_is_not(
    stack: Stack, town: Town
) -> None:
    case = await town.apply()
    await town.closed(case)
    await judge(stack.settings, [case])
    await town.answer(
        f"{case}/construction-permit.review-planning/1", {"outcome": "consent"}
    )  # the same event once more
    later = event(
        Party.agency("planning"), Answered.type, case, {"answer": {"outcome": "consent"}},
        request=f"{case}/construction-permit.review-planning/1",
    )  # fmt: skip
    await town.send(events_topic(Party.agency("planning")), later)
    await town.until(lambda: bool(town.heard("agency.planning.requests", Refused.type, case)))
    assert [letter.reason for letter in await dead_letters(stack.settings, case)] == ["case-closed"]


async def test_an_early_event_waits_for_its_case(stack: Stack, town: Town) -> None:
    case = new_case()
    town.cases.add(case)
    town.reply = lambda requested: None
    early = event(Party.agency("housing"), Reported.type, case, {"step": "visit"})
    await town.send(events_topic(Party.agency("housing")), early)
    await town.apply(case)
    await town.until(lambda: "reported" in town.kinds(case))
    await town.say("portal", ApplicantWithdrew(), case)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="withdrawn")


async def test_a_dead_letter_is_replayed_once_its_cause_is_gone(stack: Stack, town: Town) -> None:
    """An event of a case that nobody knows is given up after a while; then the application arrives."""
    case = new_case()
    report = event(Party.agency("housing"), Reported.type, case, {"step": "visit"})
    await town.send(events_topic(Party.agency("housing")), report)
    await town.until(lambda: bool(town.heard("agency.housing.requests", Refused.type, case)))
    letter = (await dead_letters(stack.settings, case))[0]
    assert letter.reason == "unknown-case"
    town.reply = lambda requested: None
    await town.apply(case)
    await town.until(lambda: "requested" in town.kinds(case))
    async with Publisher(stack.settings.broker) as publisher:
        await replay(publisher, letter, by="a test")
    await town.until(lambda: "reported" in town.kinds(case))
    assert [each.state for each in await dead_letters(stack.settings, case)] == ["replayed"]
