"""What an agency, or anybody, may say, and what it is told."""

from __future__ import annotations

import re
from datetime import timedelta

from contracts.procedures.construction_permit import ReviewEnvironment
from contracts.terms.decisions import Grant
from contracts.terms.identifiers import Party
from contracts.wire.messages import (
    ApplicantReplied,
    ApplicantWithdrew,
    CaseClosed,
    Corrected,
    Disowned,
    Expired,
    NotOurs,
    Received,
    Refused,
    Replied,
    Reported,
    Requested,
)
from contracts.wire.notices import Asked, CaseClosedNotice
from tests.applications import application
from tests.unit.workflows.case.authoring import answered
from tests.unit.workflows.case.edge_cases.situation import (
    BY_ENVIRONMENT,
    CONSENT,
    DOCUMENT,
    ENVIRONMENT,
    HOW_HIGH,
    INVALID,
    REVIEW,
    Row,
    Situation,
    admitted,
    asks_how_high,
    json_of,
    words,
)
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    START,
    delivered,
    take,
)
from workflows.case.deciding import close
from workflows.case.waiting import open_request

REQUEST_CLOSED = "`refused`: `request-closed`"
REBUILDING = "cases/test_rebuilding.py::test_the_second_approval_is_another_persons"
LATER = START + timedelta(minutes=1)
"""When the broker has what is sent again."""


# --- an agency -------------------------------------------------------------------------------------------


async def _in_time(at: Situation) -> str:
    await at.asks()
    return await at.says(CONSENT, FIRE_SAFETY, step=REVIEW)


async def _too_late(at: Situation) -> str:
    await at.asks()
    end = at.case.journal.waits[REVIEW].end
    assert end is not None
    said = delivered(CONSENT, at.case.opened.case, FIRE_SAFETY, step=REVIEW, received=end)
    at.case.inbox.put(said)
    at.answers(FIRE_SAFETY)
    await at.lets_pass(14 * DAY)
    for each in at.case.inbox.take():
        take(at.case, each)
    (expired,) = at.heard(FIRE_SAFETY, Expired)
    assert expired == {"request": "construction-permit.review-fire-safety", "outcome": "consent"}
    return words(at.answers(FIRE_SAFETY))


async def _after_cancelled(at: Situation) -> str:
    await at.asks()
    at.case.stop(REVIEW, "another agency answered: refuse")
    return await at.says(CONSENT, FIRE_SAFETY, step=REVIEW)


async def _answered_twice(at: Situation) -> str:
    await _in_time(at)
    return await at.says(answered("consent", note="again"), FIRE_SAFETY, step=REVIEW)


async def _never_asked(at: Situation) -> str:
    await at.asks()
    return await at.says(CONSENT, FIRE_SAFETY, step="construction-permit.review-fire-safety/2")


async def _of_another_agency(at: Situation) -> str:
    case = at.case.opened.case
    return admitted(ENVIRONMENT, json_of(case, CONSENT, ENVIRONMENT, REVIEW))


async def _reason_of_another_request(at: Situation) -> str:
    await at.asks()
    refuse = answered("refuse", reason="sewer-capacity")
    found = {
        await at.says(refuse, FIRE_SAFETY, step=REVIEW),
        admitted(FIRE_SAFETY, json_of(at.case.opened.case, refuse, FIRE_SAFETY, REVIEW)),
    }
    return found.pop() if len(found) == 1 else str(found)


async def _nothing_said(at: Situation) -> str:
    case = at.case.opened.case
    found = {
        admitted(sender, json_of(case, answered(outcome, **more), sender, step))
        for sender, step, outcome, more in (
            (HOUSING, "construction-permit.issue-permit/1", "issued", {}),
            (FIRE_SAFETY, REVIEW, "consent-with-conditions", {"conditions": []}),
            (HOUSING, "construction-permit.check-completeness/1", "incomplete", {"missing": []}),
            (FIRE_SAFETY, REVIEW, "refuse", {}),
        )
    }
    return found.pop() if len(found) == 1 else str(found)


async def _does_not_go_with(at: Situation) -> str:
    case = at.case.opened.case
    found = {
        admitted(sender, json_of(case, answered(outcome, **more), sender, step))
        for sender, step, outcome, more in (
            (HOUSING, "construction-permit.issue-permit/1", "outstanding", {"document": DOCUMENT}),
            (FIRE_SAFETY, REVIEW, "consent", {"conditions": ["a hedge"]}),
            (FIRE_SAFETY, REVIEW, "consent", {"reason": "fire-safety-insufficient"}),
        )
    }
    return found.pop() if len(found) == 1 else str(found)


async def _says_it_is_deemed(at: Situation) -> str:
    deemed = answered("consent", deemed=True)
    return admitted(FIRE_SAFETY, json_of(at.case.opened.case, deemed, FIRE_SAFETY, REVIEW))


async def _referred(at: Situation) -> None:
    open_request(at.case, ReviewEnvironment(site=application().site))
    await at.lets_pass(16 * DAY)
    (asked,) = at.heard(HOUSING, Requested)
    assert (asked["request"], asked["instead_of"]) == (
        "construction-permit.review-environment",
        "environment",
    )
    (expired,) = at.heard(ENVIRONMENT, Expired)
    assert expired == {"request": "construction-permit.review-environment", "referred_to": "housing"}


async def _answers_instead(at: Situation) -> str:
    await _referred(at)
    return await at.says(CONSENT, HOUSING, step=BY_ENVIRONMENT, received=START + 16 * DAY)


async def _answers_after_it_was_referred(at: Situation) -> str:
    await _referred(at)
    return await at.says(CONSENT, ENVIRONMENT, step=BY_ENVIRONMENT, received=START + 16 * DAY)


async def _received_open(at: Situation) -> str:
    await at.asks()
    return await at.says(Received(), FIRE_SAFETY, step=REVIEW)


async def _received_answered(at: Situation) -> str:
    await _in_time(at)
    return await at.says(Received(), FIRE_SAFETY, step=REVIEW)


async def _received_stopped(at: Situation) -> str:
    await _after_cancelled(at)
    return await at.says(Received(), FIRE_SAFETY, step=REVIEW)


async def _corrected_answered(at: Situation) -> str:
    await _in_time(at)
    refuse = answered("refuse", reason="fire-safety-insufficient").answer
    return await at.says(Corrected(answer=refuse, reason="misread"), FIRE_SAFETY, step=REVIEW)


async def _corrected_open(at: Situation) -> str:
    await at.asks()
    refuse = answered("refuse", reason="fire-safety-insufficient").answer
    answer = await at.says(Corrected(answer=refuse, reason="misread"), FIRE_SAFETY, step=REVIEW)
    assert await at.says(CONSENT, FIRE_SAFETY, step=REVIEW) == "`taken`"  # it has answered nothing
    return answer


async def _corrected_deemed(at: Situation) -> str:
    await at.asks()
    await at.lets_pass(14 * DAY)
    return await at.says(Corrected(answer=CONSENT.answer, reason="misread"), FIRE_SAFETY, step=REVIEW)


async def _question_again(at: Situation) -> str:
    await asks_how_high(at)
    answer = await at.says(HOW_HIGH, FIRE_SAFETY, step=REVIEW)
    assert len(at.heard(PORTAL, Asked)) == 1
    return answer


async def _question_of_the_stand_in(at: Situation) -> str:
    open_request(at.case, ReviewEnvironment(site=application().site))
    await at.says(HOW_HIGH, ENVIRONMENT, step=BY_ENVIRONMENT)
    (first,) = at.heard(PORTAL, Asked)
    await at.lets_pass(16 * DAY)
    answer = await at.says(HOW_HIGH, HOUSING, step=BY_ENVIRONMENT, received=START + 16 * DAY)
    second = at.heard(PORTAL, Asked)[-1]
    assert (first["agency"], second["agency"]) == ("environment", "housing")
    three = ApplicantReplied(question=second["question"], text="Three")
    assert await at.says(three, PORTAL, received=START + 16 * DAY) == "`taken`"
    assert [data["text"] for data in at.heard(HOUSING, Replied)] == ["Three"]
    return answer


async def _question_answered(at: Situation) -> str:
    await _in_time(at)
    answer = await at.says(HOW_HIGH, FIRE_SAFETY, step=REVIEW)
    assert at.heard(PORTAL, Asked) == []
    return answer


async def _not_ours(at: Situation) -> str:
    await at.asks()
    answer = await at.says(
        NotOurs(reason="another district", belongs_to="planning"), FIRE_SAFETY, step=REVIEW
    )
    (disowned,) = at.heard(HOUSING, Disowned)
    assert (disowned["agency"], disowned["reason"]) == ("fire-safety", "another district")
    assert disowned["belongs_to"] == "planning"
    return answer


async def _not_ours_closed(at: Situation) -> str:
    await _after_cancelled(at)
    return await at.says(NotOurs(reason="another district"), FIRE_SAFETY, step=REVIEW)


async def _reports_elsewhere(at: Situation) -> str:
    return await at.says(Reported(step="visit"), Party.agency("police"))


# --- anybody ---------------------------------------------------------------------------------------------


async def _unchanged(at: Situation) -> str:
    await at.asks()
    await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")
    return await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")


async def _refused_unchanged(at: Situation) -> str:
    first = await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")
    assert await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1") == "nothing"  # carried twice
    again = await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1", received=LATER)
    refusals = [letter.id for letter in at.posts(FIRE_SAFETY) if letter.type == Refused.type]
    assert refusals == refusals[:1] * 2
    return "the same `refused`" if again == first else again


async def _refused_and_in_place_now(at: Situation) -> str:
    assert "refused" in await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")
    await at.asks()
    answer = await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1", received=LATER)
    much_later = START + timedelta(minutes=2)
    assert await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1", received=much_later) == "nothing"
    return answer


async def _other_content(at: Situation) -> str:
    await at.asks()
    await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")
    refuse = answered("refuse", reason="fire-safety-insufficient")
    answer = await at.says(refuse, FIRE_SAFETY, step=REVIEW, event_id="1")
    assert await at.says(refuse, FIRE_SAFETY, step=REVIEW, event_id="1", received=LATER) == answer
    assert await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1", received=LATER) == "nothing"
    of_application = at.case.opened.cause.partition("#")[2]
    for message in (ApplicantWithdrew(), ApplicantReplied(question="none", text="Three")):
        assert await at.says(message, PORTAL, event_id=of_application, received=LATER) == answer
    return answer


async def _put_right(at: Situation) -> str:
    await at.asks()
    wrong = answered("refuse", reason="sewer-capacity")
    assert "refused" in await at.says(wrong, FIRE_SAFETY, step=REVIEW, event_id="1")
    return await at.says(CONSENT, FIRE_SAFETY, step=REVIEW, event_id="1")


async def _closed(at: Situation) -> str:
    await at.asks()
    close(at.case, Grant())
    assert [data["outcome"] for data in at.heard(FIRE_SAFETY, CaseClosed)] == ["granted"]
    assert [data["outcome"] for data in at.heard(PORTAL, CaseClosedNotice)] == ["granted"]
    return await at.says(CONSENT, FIRE_SAFETY, step=REVIEW)


async def _key_twice(at: Situation) -> str:
    sent = json_of(at.case.opened.case, CONSENT, FIRE_SAFETY, REVIEW)
    twice = sent.replace('"outcome":"consent"', '"outcome":"refuse","outcome":"consent"')
    assert twice != sent
    return admitted(FIRE_SAFETY, twice)


async def _time_is_no_instant(at: Situation) -> str:
    sent = json_of(at.case.opened.case, CONSENT, FIRE_SAFETY, REVIEW)
    found = set()
    for time in ("1772413200", '"1772413200"', '"2026-03-02"', '"2026-03-02T01:00:00"', '"20260302T010000Z"'):
        other = re.sub(r'"time":"[^"]*"', f'"time":{time}', sent)
        assert other != sent
        found.add(admitted(FIRE_SAFETY, other))
    return found.pop() if len(found) == 1 else str(found)


AGENCIES = [
    Row("`answered`", "the request is open and its binding end is not over", "`taken`", _in_time),
    Row("`answered`", "at the first instant of the binding end, or later", "`taken`, late", _too_late),
    Row("`answered`", "crosses `cancelled`", "`taken`, late", _after_cancelled),
    Row("`answered`", "you have answered already", "`taken`, late", _answered_twice),
    Row("`answered`", "the case never made this request", "`refused`: `unknown-request`", _never_asked),
    Row("`answered`", "the request is another agency's", "`refused`: `wrong-source`", _of_another_agency),
    Row("`answered`", "a reason that is not in `reasons`", INVALID, _reason_of_another_request),
    Row("`answered`", "the outcome lacks its document, conditions, items or reason", INVALID, _nothing_said),
    Row("`answered`", "a document, conditions or a reason with another outcome", INVALID, _does_not_go_with),
    Row("`answered`", "`deemed` is set", INVALID, _says_it_is_deemed),
    Row("`answered`", "you were asked `instead_of` another agency", "`taken`", _answers_instead),
    Row("`answered`", "it was `referred_to` another", "`taken`, late", _answers_after_it_was_referred),
    Row("`answered`", "a person has to answer, and `officer` is missing", INVALID, REBUILDING),
    Row(
        "`answered`",
        "a second person has to answer, and it is the first one",
        "`refused`: `same-person`",
        REBUILDING,
    ),
    Row("`received`", "the request is open", "nothing", _received_open),
    Row("`received`", "you have answered it", "nothing", _received_answered),
    Row("`received`", "it ended in another way", REQUEST_CLOSED, _received_stopped),
    Row("`corrected`", "the request is open: it is no answer", "`taken`, late", _corrected_open),
    Row("`corrected`", "you have answered it", "`taken`, late", _corrected_answered),
    Row("`corrected`", "it ended in another way", REQUEST_CLOSED, _corrected_deemed),
    Row("`question`", "the request is open", "`taken`", asks_how_high),
    Row("`question`", "with the text of an earlier one: not asked again", "`taken`", _question_again),
    Row(
        "`question`",
        "with the text of another agency, `instead_of` which you were asked: asked anew",
        "`taken`",
        _question_of_the_stand_in,
    ),
    Row("`question`", "the request has ended", REQUEST_CLOSED, _question_answered),
    Row("`not-ours`", "the request is open: `disowned` to the lead agency", "`taken`", _not_ours),
    Row("`not-ours`", "the request has ended", REQUEST_CLOSED, _not_ours_closed),
    Row("`reported`", "you do not report in this procedure", "`refused`: `wrong-source`", _reports_elsewhere),
    Row("any", "sent again unchanged", "nothing", _unchanged),
    Row("any", "sent again unchanged, and its case refused it", "the same `refused`", _refused_unchanged),
    Row(
        "any",
        "sent again unchanged, its case refused it, and it is in place now",
        "as if it were new",
        _refused_and_in_place_now,
    ),
    Row(
        "any",
        "sent again unchanged, and the gateway refused it",
        "the same `refused`",
        "unit/network/broker/test_dead_letters.py::test_an_event_refused_twice_gets_the_same_refusal",
    ),
    Row(
        "any",
        "sent again unchanged, and refused for another reason",
        "another `refused`",
        "unit/network/broker/test_dead_letters.py"
        "::test_an_event_refused_for_another_reason_gets_another_refusal",
    ),
    Row("any", "says something else under an id that took effect", "`refused`: `id-reused`", _other_content),
    Row("any", "says something else under an id that was refused", "as if it were new", _put_right),
    Row(
        "any",
        "too many of your events wait for a limit to be settled",
        "`refused`: `too-many-events`",
        "unit/workflows/case/test_held.py::test_what_is_undecided_is_bounded",
    ),
    Row("any", "the case is closed", "`refused`: `case-closed`", _closed),
    Row("any", "a name stands twice in one JSON object", INVALID, _key_twice),
    Row("any", "`time` is no RFC 3339 text with a zone", INVALID, _time_is_no_instant),
]
