"""Whatever is admitted, every later stage survives; and whatever is not, its sender can be told.

The data are made from the contracts' own schemas, then spoiled. A value that breaks a stage here is fixed by
a bound in the contracts, or by a stage that copes with it; never by a case of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.admission import Arrival, CaseEvent, NewCase, Rules, admit
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.reports import REPORTS
from contracts.terms.requests import REQUESTS
from contracts.wire.dead_letter import Place
from contracts.wire.envelope import MESSAGES, STRUCTURED, Headers
from contracts.wire.messages import ABOUT_A_REQUEST, Answered, Applied, Corrected, Reported, Supplemented
from contracts.wire.topics import inlet_of
from tests.applications import ADMINISTRATION, application, fine, new_case
from tests.hostile import HOSTILE, NAMES, said
from tests.stages import Kept, Stages
from workers.gateway.dead_letters import DeadLetterWriter

RECEIVED = datetime(2026, 3, 2, 1, tzinfo=UTC)
PORTAL = Party.channel("portal")
WITH_CONTENT = (Applied, Supplemented, Answered, Corrected, Reported)
OTHERS = [
    kind for kind in MESSAGES.values() if kind.sender in ("agency", "channel") and kind not in WITH_CONTENT
]
FIELDS = st.sampled_from(sorted({**application().model_dump(), **fine().model_dump()})) | NAMES
OURS = sorted(name for name, each in REQUESTS.items() if each.__module__.startswith("contracts."))
STEPS = sorted(step for step, each in REPORTS.items() if each.__module__.startswith("contracts."))

few = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    made = Stages(tmp_path_factory.mktemp("stages"))
    yield made
    made.close()


envelopes = st.fixed_dictionaries(
    {},
    optional={
        "id": HOSTILE,
        "time": HOSTILE | st.sampled_from(["2200-12-31T23:59:59Z", "1994-01-01T00:00:00Z"]),
        "traceparent": HOSTILE | st.just("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        "tracestate": HOSTILE | st.just("vendor=1,other@system=a:b"),
        "dataschema": HOSTILE,
        "sequence": HOSTILE,
        "partitionkey": HOSTILE,
        "tenant": HOSTILE,
        "步骤": HOSTILE,
    },
)
ENVELOPE = st.just({}) | envelopes


def arrival(
    party: Party, kind: str, data: Any, case: str, envelope: dict[str, Any], request: str | None, binary: bool
) -> Arrival:
    """The record of an event, in structured or in binary mode."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": party.source(ADMINISTRATION),
        "type": kind,
        "subject": case,
        "time": "2026-03-02T01:00:00Z",
        **({"requestid": request} if request else {}),
        **envelope,
    }
    headers: Headers = [("content-type", STRUCTURED.encode())]
    value = json.dumps(event | {"data": data}).encode()
    if binary:
        value = json.dumps(data).encode()
        headers = [(f"ce_{name}", str(each).encode(errors="replace")) for name, each in event.items()]
    return Arrival(inlet_of(ADMINISTRATION, party), case.encode(), value, headers, RECEIVED)


def survives(stages: Stages, party: Party, kind: str, data: Any, about: Any, request: str = "") -> None:
    """Admit an event and put it through every stage, or tell its sender why it is not admitted."""
    envelope, binary, virtual_time = about
    case = new_case(party.id if party.kind == "channel" else "portal")
    request_id = f"{case}/{request}/1" if request else None
    came = arrival(party, kind, data, case, envelope, request_id, binary)
    try:
        admitted = admit(came, Rules(virtual_time=virtual_time))
    except Refusal as refusal:
        writer = DeadLetterWriter(Kept(), administration=ADMINISTRATION, group="g")
        asyncio.run(writer.write(came, Place("channel.portal.events", 0, 1), refusal))
        return
    if isinstance(admitted, NewCase):
        stages.opened(admitted)
    elif kind == Supplemented.type:
        supplemented(stages, admitted, data["application"])
    else:
        stages.delivered(admitted, typed(kind, admitted, request))


def typed(kind: str, admitted: CaseEvent, request: str) -> Any:
    data = admitted.event.data
    if kind in (Answered.type, Corrected.type):
        return REQUESTS[request].answer.model_validate(data["answer"])
    if kind == Reported.type and data["step"] in REPORTS:
        return REPORTS[data["step"]].model_validate(data.get("content", {}))
    return MESSAGES[kind].model_validate(data)


def supplemented(stages: Stages, admitted: CaseEvent, handed_in: dict[str, Any]) -> None:
    stages.delivered(admitted, None)
    for item, before in (("construction-permit", application()), ("traffic-fine", fine())):
        try:
            after = type(before).model_validate(before.model_dump(mode="json") | handed_in)
        except ValidationError:
            continue  # the case refuses it
        stages.supplemented(admitted, after, CATALOGUE[item])


ABOUT = st.tuples(ENVELOPE, st.booleans(), st.booleans())
PLAIN = ({}, False, False)


@pytest.mark.parametrize("procedure", sorted(CATALOGUE))
@few
@given(data=st.data(), about=ABOUT)
def test_an_application(stages: Stages, procedure: str, data: st.DataObject, about: Any) -> None:
    content = data.draw(said(CATALOGUE[procedure].application))
    survives(stages, PORTAL, Applied.type, {"procedure": procedure, "application": content}, about)


@few
@given(change=st.dictionaries(FIELDS, HOSTILE), about=ABOUT)
@example(change={"size": 1e20}, about=PLAIN)
@example(change={"plan": {"uri": "a:b", "sha256": "0" * 64, "size": 1e20}}, about=PLAIN)
def test_a_supplement(stages: Stages, change: dict[str, Any], about: Any) -> None:
    survives(stages, PORTAL, Supplemented.type, {"application": change}, about)


@pytest.mark.parametrize("request_type", OURS)
@pytest.mark.parametrize("kind", [Answered, Corrected])
@few
@given(data=st.data(), about=ABOUT)
def test_an_answer(stages: Stages, request_type: str, kind: Any, data: st.DataObject, about: Any) -> None:
    request = REQUESTS[request_type]
    said_of_it = data.draw(said(kind).filter(lambda made: isinstance(made, dict)))
    content = said_of_it | {"answer": data.draw(said(request.answer))}
    survives(stages, Party.agency(request.agency), kind.type, content, about, request_type)


@pytest.mark.parametrize("step", STEPS)
@few
@given(data=st.data(), about=ABOUT)
def test_a_report(stages: Stages, step: str, data: st.DataObject, about: Any) -> None:
    report = REPORTS[step]
    content = data.draw(said(report))
    agency = report.by[0] if report.by else "municipality"
    survives(stages, Party.agency(agency), Reported.type, {"step": step, "content": content}, about)


@pytest.mark.parametrize("kind", OTHERS)
@few
@given(data=st.data(), about=ABOUT)
def test_any_other_message(stages: Stages, kind: Any, data: st.DataObject, about: Any) -> None:
    party = PORTAL if kind.sender == "channel" else Party.agency("fire-safety")
    request = "construction-permit.review-fire-safety" if kind in ABOUT_A_REQUEST else ""
    survives(stages, party, kind.type, data.draw(said(kind)), about, request)


@few
@given(
    value=st.binary(max_size=60) | st.from_regex(rb"[\[{\"]{0,3}.{0,40}"),
    key=st.none() | st.binary(max_size=20),
    headers=st.lists(st.tuples(st.text(max_size=12), st.none() | st.binary(max_size=12)), max_size=5),
)
def test_any_bytes_are_refused_in_words(value: bytes, key: bytes | None, headers: Headers) -> None:
    came = Arrival(inlet_of(ADMINISTRATION, PORTAL), key, value, headers, RECEIVED)
    with pytest.raises(Refusal) as refused:
        admit(came, Rules())
    writer = DeadLetterWriter(Kept(), administration=ADMINISTRATION, group="g")
    asyncio.run(writer.write(came, Place("channel.portal.events", 0, 1), refused.value))


def test_the_generator_makes_what_is_admitted_too(stages: Stages) -> None:
    """A property over refusals alone would say nothing."""
    counts = {"taken": 0, "refused": 0}

    @settings(max_examples=200, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(content=said(CATALOGUE["construction-permit"].application))
    def count(content: Any) -> None:
        data = {"procedure": "construction-permit", "application": content}
        came = arrival(PORTAL, Applied.type, data, CaseId(new_case()), {}, None, False)
        try:
            admit(came, Rules())
        except Refusal:
            counts["refused"] += 1
        else:
            counts["taken"] += 1

    count()
    assert min(counts.values()) > 20
