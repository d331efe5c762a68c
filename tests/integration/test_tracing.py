"""A case is a chain of short traces at a collector: from its application over each answer to its decision."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from contracts.terms.identifiers import CaseId
from contracts.wire.envelope import Event
from contracts.wire.messages import Requested, Taken
from contracts.wire.notices import Decided, Receipt
from contracts.wire.tracing import trace_id
from deploy.local.stack import Stack
from network.broker.publisher import Publisher
from network.parties import AgencyClient, ChannelClient
from tests.applications import ADMINISTRATION, application, new_case
from tests.integration.town import Town
from tests.spans import Collector, Seen
from workers.process.settings import load_settings

pytestmark = pytest.mark.integration

PORTAL = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HOUSING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REVIEW = "construction-permit.review-environment"
CHECK = "construction-permit.review-drainage"
NAME = "Zhang San"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
async def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Stack]:
    """A stack whose processes send their spans to the collector."""
    settings = load_settings(
        data=tmp_path_factory.mktemp("traced"), calendar="compressed:60", otlp=collector.address
    )
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        async with Stack(settings, passing=True) as running:
            yield running


class Case:
    """One case, its letters, and what the collector has of it."""

    def __init__(self, town: Town, collector: Collector, case: CaseId) -> None:
        self._town = town
        self._collector = collector
        self.id = case

    async def letter(self, topic: str, kind: str, request: str = "") -> Event:
        """The first letter of a kind, about a request where one is named."""

        def found() -> list[Event]:
            heard = self._town.heard(topic, kind, self.id)
            return [each for each in heard if not request or str(each.requestid).endswith(f"{request}/1")]

        await self._town.until(lambda: bool(found()))
        return found()[0]

    async def span(self, context: str | None) -> Seen:
        """The span of a context."""

        def found() -> list[Seen]:
            return [each for each in self._collector.spans if context and each.context[:52] == context[:52]]

        await self._town.until(lambda: bool(found()))
        return found()[0]

    async def only(self, name: str, trace: str | None = None) -> Seen:
        """The only span whose name begins so, in a trace where one is named."""

        def found() -> list[Seen]:
            named = [each for each in self._collector.spans if each.name.startswith(name)]
            return [each for each in named if trace in (None, each.trace)]

        await self._town.until(lambda: bool(found()))
        (span,) = found()
        return span

    async def above(self, span: Seen) -> list[Seen]:
        """The spans above another one in its trace, up to the first that the platform made. Each is waited
        for: gateway, orchestrator and department send theirs at times of their own."""
        line = []
        while span.parent not in ("", PORTAL[36:52], HOUSING[36:52]):
            span = await self.span(f"00-{span.trace}-{span.parent}-01")
            line.append(span)
        return line


async def test_a_case_is_a_chain_of_short_traces(traced: Stack, collector: Collector) -> None:
    async with Town(traced.settings, reply=lambda requested: None) as town:
        case = Case(town, collector, new_case())
        applicant = {"name": NAME, "contact": "13800000000"}
        async with Publisher(traced.settings.broker) as publisher:
            portal = ChannelClient(publisher, ADMINISTRATION, "portal")
            housing = AgencyClient(publisher, ADMINISTRATION, "housing")
            environment = AgencyClient(publisher, ADMINISTRATION, "environment")
            permit = application().model_dump(mode="json") | {"applicant": applicant}
            said = portal.application(
                "construction-permit", permit, case=case.id, traceparent=PORTAL, tracestate="portal=1"
            )
            await portal.send(said)

            # The application's trace: from the portal over gateway and case to the agency that is asked.
            receipt = await case.letter("channel.portal.notices", Receipt.type)
            first = await case.letter("agency.housing.requests", Requested.type)
            assert {trace_id(each.traceparent) for each in (receipt, first)} == {trace_id(PORTAL)}
            assert first.tracestate == "portal=1"
            asked = await case.span(first.traceparent)
            step, deliver, receive = await case.above(asked)
            assert asked.name == "requested construction-permit.check-completeness"
            assert [each.process for each in (asked, step, deliver, receive)] == [
                "orchestrator", "orchestrator", "gateway", "gateway",
            ]  # fmt: skip
            assert (receive.parent, receive.name) == (PORTAL[36:52], "receive channel.portal.events")

            # The answer's own trace goes on to what the answer causes, and is linked with the request.
            await housing.answer(str(first.requestid), {"outcome": "complete"}, traceparent=HOUSING)
            taken = await case.letter("agency.housing.requests", Taken.type)
            second = await case.letter("agency.environment.requests", Requested.type, REVIEW)
            assert {trace_id(each.traceparent) for each in (taken, second)} == {trace_id(HOUSING)}
            asked_then = await case.span(second.traceparent)
            step, _, receive = await case.above(asked_then)
            assert step.links == (asked.context,)
            assert receive.parent == HOUSING[36:52]

            # The check of a department answers before the refusal that would cancel it.
            await town.until(
                lambda: any(
                    each.kind == "answered" and each.step == f"{CHECK}/1" for each in town.ledger[case.id]
                )
            )

            # An agency that goes on in the trace of its request makes no longer one.
            refused = {"outcome": "refuse", "reason": "environmental-harm"}
            await environment.answer(str(second.requestid), refused, traceparent=second.traceparent)
            decided = await case.letter("channel.portal.notices", Decided.type)
            end = await case.span(decided.traceparent)
            (root,) = await case.above(end)
            assert end.name == "decided"
            assert asked_then.context in root.links
            assert root.trace not in (trace_id(PORTAL), trace_id(HOUSING))
            await town.closed(case.id)

        # The check of a department is a trace of its own between a request and its answer.
        check = await case.only(f"check {CHECK}")
        assert (check.process, check.parent) == ("department", "")
        answered = await case.only(f"answered {CHECK}", check.trace)
        (step,) = [each for each in await case.above(answered) if each.process == "orchestrator"]
        assert step.parent == check.id

        mine = [each for each in collector.spans if each.about.get("seamless.case") == case.id]
        assert {each.process for each in mine} == {"gateway", "orchestrator", "department"}
        assert all(each.began <= each.ended for each in mine)
        told = json.dumps([each.about for each in collector.spans], ensure_ascii=False) + str(collector.spans)
        assert NAME not in told
        assert "13800000000" not in told


async def test_a_collector_that_goes_away_stops_no_case(traced: Stack, collector: Collector) -> None:
    collector.answer = 503
    try:
        async with Town(traced.settings) as town:
            case = await town.apply()
            await town.closed(case)
            assert town.outcome(case) == "granted"
    finally:
        collector.answer = 200
