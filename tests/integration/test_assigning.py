"""A pilot on the real platform: two gateways, one of which is killed, and every application twice."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable

import pytest
from temporalio.client import Client

from activities.assigning import (
    assigning_of,
    assigning_runs,
    assignment_of,
    begin_assigning,
    end_assigning,
)
from contracts.pilots import ABSENCE_KEPT_SECONDS, Assignment, Ending, Incoming, Plan, assigning_id
from contracts.terms.identifiers import CaseId, ProcedureId, VariantId
from contracts.wire.ledger import LedgerEntry
from deploy.local.stack import Stack
from seamless.cli.case_completeness import CasesInTemporal
from tests.applications import new_case, tree
from tests.integration.town import Town
from workers.gateway import main as gateway
from workers.process.temporal import connect

pytestmark = pytest.mark.integration

FELLING = ProcedureId("tree-felling")
OLD, NEW = VariantId("standard"), VariantId("added-review")
BLOCK, BLOCKS = 4, 15


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    """Temporal; no pilot is left there for another test."""
    connected = await connect(stack.settings)
    yield connected
    if await assigning_runs(connected, FELLING):
        await connected.get_workflow_handle(assigning_id(FELLING)).terminate("the test is over")


@pytest.fixture
async def kill_second_gateway(stack: Stack) -> AsyncIterator[Callable[[], None]]:
    """A second gateway beside the stack's own; what kills it, at the end of the test at the latest."""
    name = "gateway-2"
    stack.run(name, gateway)
    await stack.ready()

    def kill() -> None:
        if name in stack.metrics:
            stack.forget(name)

    yield kill
    kill()


async def opened(town: Town, case: CaseId) -> LedgerEntry:
    """The first entry of a case."""
    await town.until(lambda: bool(town.ledger[case]))
    return town.ledger[case][0]


async def apply(town: Town, case: CaseId | None = None) -> CaseId:
    return await town.apply(case, procedure=FELLING, of=tree())


async def test_each_block_of_new_cases_has_exactly_one_in_the_new_variant(
    town: Town, client: Client, kill_second_gateway: Callable[[], None]
) -> None:
    town.reply, town.copies = lambda requested: {"outcome": "fell"}, 2
    before = await opened(town, await apply(town))
    assert (before.variant, before.arm, before.basis) == (OLD, None, "the law version 2026 names it first")

    plan = Plan(pilot=new_case(), procedure=FELLING, law="2026", old=OLD, new=NEW, block=BLOCK, most=BLOCKS)
    await begin_assigning(client, plan)
    await asyncio.sleep(2 * ABSENCE_KEPT_SECONDS)
    crashed = new_case()  # a gateway has it assigned, and dies before it opens it
    first = await assignment_of(client, FELLING, Incoming(case=crashed, law="2026"))
    cases = [crashed, *(new_case() for _ in range(BLOCK * BLOCKS - 1))]
    await asyncio.gather(*(apply(town, case) for case in cases))
    await town.until(lambda: sum(bool(town.ledger[case]) for case in cases) > 5)
    kill_second_gateway()  # what it has not finished is read again by the other one
    entries = [await opened(town, case) for case in cases]

    blocks: defaultdict[int | None, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        blocks[entry.block].append(entry)
    assert sorted(map(str, blocks)) == sorted(map(str, range(1, BLOCKS + 1)))
    for block in blocks.values():
        assert sorted(entry.place or 0 for entry in block) == list(range(1, BLOCK + 1))
        assert [entry.variant for entry in block].count(NEW) == 1
    for case, entry in zip(cases, entries, strict=True):
        said = await asked(client, case)
        told = {name: getattr(entry, name) for name in ("pilot", "variant", "arm", "block", "place")}
        assert said == Assignment(**told, probability=entry.probability)
        assert entry.basis == said.basis
        assert entry.probability == (0.25 if entry.arm == "new" else 0.75)
        assert entry.variant == (NEW if entry.arm == "new" else OLD)
        described = await client.get_workflow_handle(case).describe()
        assert described.workflow_type == ("tree-felling.added-review" if entry.arm == "new" else FELLING)
    assert await asked(client, crashed) == first
    shown = await assigning_of(client, FELLING)
    assert shown is not None
    assert (shown.cases, shown.new, shown.full) == (BLOCK * BLOCKS, BLOCKS, True)
    assert assigning_id(FELLING) not in await CasesInTemporal(client).newest(10_000), "it is no case"

    further = await opened(town, await apply(town))
    assert (further.variant, further.arm) == (OLD, None), "the pilot is full"
    assert str(plan.pilot) in str(further.basis)
    await end_assigning(client, FELLING, Ending(pilot=plan.pilot, variant=NEW))
    decided = await opened(town, await apply(town))
    assert (decided.variant, decided.arm) == (NEW, None)
    await end_assigning(client, FELLING, Ending(pilot=plan.pilot))
    after = await opened(town, await apply(town))
    assert (after.variant, after.arm, after.basis) == (OLD, None, before.basis)
    await town.closed(*cases)
    for case in cases:
        assert town.kinds(case).count("opened") == 1
        asked_of = [entry.agency for entry in town.ledger[case] if entry.kind == "requested"]
        assert ("environment" in asked_of) == (town.ledger[case][0].arm == "new")


async def asked(client: Client, case: CaseId) -> Assignment:
    """What the workflow says of a case; here only of those that it knows."""
    said = await assignment_of(client, FELLING, Incoming(case=case, law="2026"))
    assert said is not None
    return said
