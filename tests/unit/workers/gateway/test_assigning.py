"""The gateway asks in which variant a case is opened only where there is a pilot, and only for a new case."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from contracts.admission import NewCase
from contracts.pilots import ABSENCE_KEPT_SECONDS, Assignment, Incoming, assigning_id
from contracts.platform import opening_content
from contracts.procedures.tree_felling import TREE_FELLING
from contracts.terms.directory import load_directory
from contracts.terms.errors import Refusal, Unavailable
from contracts.terms.identifiers import STANDARD, Party, VariantId
from contracts.wire.canonical import sha256
from contracts.wire.contact import Intake
from contracts.wire.messages import Applied
from tests.applications import event, new_case, tree
from tests.unit.workers.gateway.test_soundness import Asked
from workers.gateway.assigning import AT_ONCE, Assigner
from workers.gateway.delivery import CaseHistory, Delivery
from workers.gateway.soundness import Soundness

PILOT = new_case()
NEW = VariantId("added-review")
DRAWN = Assignment(pilot=PILOT, variant=NEW, arm="new", block=2, place=3, probability=0.25)
ASSIGNS = assigning_id("tree-felling")
RUNNING, OVER = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED


class Server:
    """Temporal, where a pilot rules or none does, and an archive that knows no case."""

    def __init__(self, said: Assignment | Exception | None = DRAWN) -> None:
        self.said = said
        self.pilot: WorkflowExecutionStatus | None = RUNNING if said else None
        self.cases: dict[str, Any] = {}
        self.types: list[str] = []
        self.asked: Counter[str] = Counter()
        self.answers = asyncio.Event()
        self.answers.set()
        self.clock = 0.0

    def get_workflow_handle(self, name: str) -> SimpleNamespace:
        async def describe(**_: Any) -> Any:
            self.asked["pilot" if name == ASSIGNS else "case"] += 1
            await asyncio.sleep(0)
            if name == ASSIGNS and self.pilot is not None:
                return SimpleNamespace(status=self.pilot)
            if name in self.cases:
                return self._known(name)
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")

        async def execute_update(update: str, incoming: Incoming, **_: Any) -> Any:
            assert (name, update) == (ASSIGNS, "assign")
            self.asked[incoming.case] += 1
            await self.answers.wait()
            if self.said is None:
                raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
            if isinstance(self.said, Exception):
                raise self.said
            return self.said

        return SimpleNamespace(describe=describe, execute_update=execute_update)

    def _known(self, case: str) -> Any:
        async def memo_value(*_: Any) -> str:
            content = opening_content("tree-felling", self.cases[case].application)
            return sha256(content)

        return SimpleNamespace(memo_value=memo_value)

    async def start_workflow(self, workflow_type: str, opened: Any, **_: Any) -> None:
        if opened.case in self.cases:
            raise WorkflowAlreadyStartedError(opened.case, workflow_type)
        self.cases[opened.case] = opened
        self.types.append(workflow_type)

    async def opening(self, case: str) -> None:
        return None

    def gateway(self, soundness: Soundness | None = None) -> Delivery:
        return Delivery(
            cast(Client, self),
            cast(CaseHistory, self),
            directory=load_directory(),
            calendar_name="cn-2026.1",
            soundness=soundness,
            assigner=Assigner(cast(Client, self), lambda: self.clock),
        )


def an_application(law: str = "2026") -> NewCase:
    case = new_case()
    applied = event(Party.channel("portal"), Applied.type, case, {})
    known = TREE_FELLING.law(law)
    basis = f"the law version {law} names it first"
    return NewCase(applied, case, applied.time, TREE_FELLING, known, tree(), Intake(), STANDARD, basis)


async def test_a_case_is_opened_in_the_variant_that_the_pilot_says_and_knows_how_it_got_it() -> None:
    server = Server()
    assert await server.gateway().deliver(an_application()) == "started"
    [opened] = server.cases.values()
    assert server.types == ["tree-felling.added-review"]
    assert (opened.variant, opened.assigned) == (NEW, DRAWN)
    assert opened.variant_basis == f"assigned at random by the pilot {PILOT}: block 2, place 3"


async def test_without_a_pilot_cases_are_opened_as_before_and_it_is_asked_once_for_all_of_them() -> None:
    server = Server(None)
    gateway = server.gateway()
    await asyncio.gather(*(gateway.deliver(an_application()) for _ in range(50)))
    assert {each.variant_basis for each in server.cases.values()} == {"the law version 2026 names it first"}
    assert server.asked == {"pilot": 1}
    assert all("assigned" not in each.model_dump(mode="json") for each in server.cases.values())


async def test_a_law_that_knows_one_variant_asks_nothing() -> None:
    server = Server()
    assert await server.gateway().deliver(an_application("2017")) == "started"
    assert server.asked == {}


async def test_a_pilot_takes_effect_within_seconds_and_without_a_restart() -> None:
    server = Server(None)
    gateway = server.gateway()
    await gateway.deliver(an_application())
    server.said, server.pilot = DRAWN, RUNNING
    server.clock += ABSENCE_KEPT_SECONDS - 0.01
    await gateway.deliver(an_application())
    server.clock += 0.01
    await gateway.deliver(an_application())
    assert server.types == ["tree-felling", "tree-felling", "tree-felling.added-review"]


async def test_the_repetition_of_an_application_takes_no_place() -> None:
    """The archive may be behind; Temporal knows the case."""
    server = Server()
    gateway = server.gateway()
    first = an_application()
    assert await gateway.deliver(first) == "started"
    server.said = RuntimeError("it is asked for a case that runs")
    assert await gateway.deliver(first) == "duplicate"
    other = replace(first, application=tree(place="another"))
    with pytest.raises(Refusal, match="conflict"):
        await gateway.deliver(other)
    assert server.asked[first.case] == 1


async def test_what_opens_no_case_takes_no_place_whichever_variant_is_unsound() -> None:
    for broken in ("tree_felling", "tree_felling.added_review"):
        server = Server()
        gateway = server.gateway(Soundness((), Asked(**{broken: ("promised",)})))
        application = an_application()
        if broken == "tree_felling":
            with pytest.raises(Refusal, match="procedure-not-open"):
                await gateway.deliver(application)
        else:
            with capture_logs() as logs:
                assert await gateway.deliver(application) == "started"
            assert server.types == ["tree-felling"]
            assert "a pilot assigns no case" in str(logs), "nobody else would say why"
        assert server.asked[application.case] == 0


@pytest.mark.parametrize(
    "said",
    [
        WorkflowUpdateRPCTimeoutOrCancelledError(),
        RPCError("the server is away", RPCStatusCode.UNAVAILABLE, b""),
        RPCError("too many updates are in flight", RPCStatusCode.RESOURCE_EXHAUSTED, b""),
        RPCError("between two runs", RPCStatusCode.NOT_FOUND, b""),
    ],
    ids=["no orchestrator", "away", "busy", "between two runs"],
)
async def test_no_case_is_opened_while_the_pilot_cannot_be_asked(said: Exception) -> None:
    server = Server()
    server.said = said
    application = an_application()
    gateway = server.gateway()
    with pytest.raises((Unavailable, RPCError)):
        await gateway.deliver(application)
    assert server.cases == {}
    server.said = DRAWN
    assert await gateway.deliver(application) == "started"


async def test_where_nobody_answers_few_deliveries_wait_and_the_others_come_again() -> None:
    server = Server()
    server.answers.clear()
    gateway = server.gateway()
    waiting = [asyncio.create_task(gateway.deliver(an_application())) for _ in range(AT_ONCE + 5)]
    async with asyncio.timeout(30):
        while sum(each.done() for each in waiting) < 5:
            await asyncio.sleep(0.01)
    ended, held = await asyncio.wait(waiting, timeout=0.1)
    assert (len(held), len(ended)) == (AT_ONCE, 5)
    assert all(isinstance(each.exception(), Unavailable) for each in ended)
    server.answers.set()
    assert await asyncio.gather(*held) == ["started"] * AT_ONCE


async def test_a_pilot_that_ended_between_leaves_the_case_as_settings_and_law_say() -> None:
    server = Server()
    gateway = server.gateway()
    await gateway.deliver(an_application())
    server.said, server.pilot = None, OVER
    assert await gateway.deliver(an_application()) == "started"
    server.said, server.pilot = Assignment(), RUNNING
    assert await gateway.deliver(an_application()) == "started"
    assert server.types == ["tree-felling.added-review", "tree-felling", "tree-felling"]


async def test_a_variant_that_was_not_drawn_is_told_and_not_counted_as_drawn() -> None:
    def counted() -> float:
        labels = {"procedure": "tree-felling", "arm": "old"}
        value = REGISTRY.get_sample_value("seamless_cases_assigned_total", labels)
        assert value is not None, "it is shown before the first one"
        return value

    server, before = Server(Assignment(pilot=PILOT, variant=NEW)), counted()
    await server.gateway().deliver(an_application())
    [opened] = server.cases.values()
    assert (opened.variant, opened.assigned) == (NEW, None)
    assert str(PILOT) in opened.variant_basis
    assert counted() == before
    server.said = DRAWN.model_copy(update={"variant": STANDARD, "arm": "old"})
    await server.gateway().deliver(an_application())
    assert counted() == before + 1
