"""Assigning cases to a pilot's variants: one of each block at random, the same answer for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from contracts.pilots import (
    ABSENCE_KEPT_SECONDS,
    LARGEST_PILOT,
    Assigning,
    Assignment,
    Carried,
    Ending,
    Incoming,
    Plan,
    assigning_id,
)
from contracts.terms.identifiers import CaseId, ChannelId, ProcedureId, VariantId
from tests.applications import new_case
from workflows.assigning import AssigningCases

FELLING = ProcedureId("tree-felling")
OLD, NEW = VariantId("standard"), VariantId("added-review")
BOTH, OLD_ONLY = "2026", "2017"
PILOT, OTHER = new_case(), new_case()
PLAN = Plan(pilot=PILOT, procedure=FELLING, old=OLD, new=NEW, block=4, most=5)


class Server:
    """The workflow with a clock and a chance of our own, over as many runs as a test wants."""

    def __init__(self, plan: Plan | None = PLAN, seed: int = 1) -> None:
        self.clock, self.chance = 1000.0, Random(seed)
        self.workflow = AssigningCases()
        if plan is not None:
            self.begin(plan)
            self.clock += ABSENCE_KEPT_SECONDS

    def _within(self) -> Any:
        info = SimpleNamespace(workflow_id=assigning_id(FELLING))
        given: dict[str, Any] = {
            "time": lambda: self.clock,
            "random": lambda: self.chance,
            "info": lambda: info,
        }
        return mock.patch.multiple("temporalio.workflow", **given)

    def begin(self, plan: Plan) -> Assigning:
        with self._within():
            self.workflow._check_begin(plan)
            return self.workflow.begin(plan)

    def end(self, variant: VariantId | None, pilot: CaseId = PILOT) -> Assigning:
        ending = Ending(pilot=pilot, variant=variant)
        with self._within():
            self.workflow._check_end(ending)
            return self.workflow.end(ending)

    def assign(self, case: CaseId, law: str = BOTH) -> Assignment:
        with self._within():
            return self.workflow.assign(Incoming(case=case, law=law))

    def next_run(self) -> None:
        """Everything but what is carried over is gone."""
        carried = self.workflow.carried()
        self.workflow = AssigningCases(Carried.model_validate_json(to_json(carried)) if carried else None)
        self.chance = Random(self.chance.random())


def drawn(server: Server, count: int) -> list[Assignment]:
    return [server.assign(new_case()) for _ in range(count)]


def blocks(said: list[Assignment], size: int) -> list[list[Assignment]]:
    """The cases, in their order, so many together."""
    return [said[first : first + size] for first in range(0, len(said), size)]


# --- blocks -------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32), block=st.integers(2, 20), most=st.integers(1, 6))
def test_each_block_of_consecutive_cases_has_exactly_one_in_the_new_variant(
    seed: int, block: int, most: int
) -> None:
    plan = PLAN.model_copy(update={"block": block, "most": most})
    said = drawn(Server(plan, seed), block * most)
    for number, of_block in enumerate(blocks(said, block), 1):
        assert [each.block for each in of_block] == [number] * block
        assert [each.place for each in of_block] == list(range(1, block + 1))
        assert [each.variant for each in of_block].count(NEW) == 1
    assert all((each.variant == NEW) == (each.arm == "new") for each in said)


def test_each_place_of_a_block_is_as_likely_to_get_the_new_variant() -> None:
    """3,000 blocks of 3: each place within five standard deviations of a third."""
    places: Counter[int | None] = Counter()
    for seed in range(30):
        said = drawn(Server(PLAN.model_copy(update={"block": 3, "most": 100}), seed), 300)
        places.update(each.place for each in said if each.arm == "new")
    assert places.total() == 3000
    assert all(abs(count - 1000) < 5 * (3000 * 1 / 3 * 2 / 3) ** 0.5 for count in places.values())


def test_the_probability_is_that_of_the_arm_which_the_case_got() -> None:
    for each in drawn(Server(), 8):
        assert each.probability == {"new": 0.25, "old": 0.75}[each.arm or "old"]
        assert each.basis == (
            f"assigned at random by the pilot {PILOT}: block {each.block}, place {each.place}"
        )


# --- the same answer for ever -------------------------------------------------------------------------------


class Model:
    """What was answered before; every later answer has to agree with it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.known: dict[CaseId, Assignment] = {}

    def asked(self, case: CaseId) -> None:
        said = self.server.assign(case)
        if case in self.known:
            assert said == self.known[case]
        elif said.arm is not None:
            self.known[case] = said


STEPS = st.lists(
    st.one_of(
        st.integers(0, 40),
        st.sampled_from(["next run", "begin again", "end", "end for the old", "end for the new"]),
    ),
    max_size=80,
)


@given(seed=st.integers(0, 2**32), block=st.integers(2, 5), most=st.integers(1, 8), steps=STEPS)
def test_whatever_happens_a_case_keeps_its_place_and_blocks_stay_whole(
    seed: int, block: int, most: int, steps: list[int | str]
) -> None:
    plan = PLAN.model_copy(update={"block": block, "most": most})
    model = Model(Server(plan, seed))
    cases = [new_case() for _ in range(41)]
    over = False
    for step in steps:
        match step:
            case int():
                model.asked(cases[step])
            case "next run" if not over:
                model.server.next_run()
            case "begin again":
                model.server.begin(plan)
            case "end":
                model.server.end(None)
                over = True  # its run returns, and nothing is carried on
            case "end for the old" if not over:
                model.server.end(OLD)
            case "end for the new" if not over:
                model.server.end(NEW)
    in_order = sorted(model.known.values(), key=lambda each: (each.block, each.place))
    assert len({(each.block, each.place) for each in in_order}) == len(in_order)
    for of_block in blocks(in_order, block):
        assert [each.arm for each in of_block].count("new") <= 1
        assert len(of_block) < block or "new" in [each.arm for each in of_block]
    shown = model.server.workflow.show()
    assert shown.cases == len(model.known) <= block * most
    assert shown.new == [each.arm for each in in_order].count("new") <= most


def test_the_largest_pilot_is_carried_into_a_new_run_within_half_of_what_temporal_takes() -> None:
    channel = ChannelId("c" * ChannelId.longest)  # nobody's ids are longer
    plan = PLAN.model_copy(update={"block": 2, "most": LARGEST_PILOT // 2})
    server = Server(plan)
    cases = [CaseId(channel + new_case()[-37:]) for _ in range(LARGEST_PILOT)]
    before = [server.assign(case) for case in cases]
    assert len(to_json(server.workflow.carried())) < 1_100_000
    server.next_run()
    assert [server.assign(case) for case in cases[::97]] == before[::97]
    with pytest.raises(ValueError, match="choose 5000 or less"):
        Plan.model_validate(plan.model_dump() | {"most": LARGEST_PILOT // 2 + 1})


# --- who is not assigned ------------------------------------------------------------------------------------


def test_a_full_pilot_opens_further_cases_in_the_old_variant_until_it_is_ended() -> None:
    server = Server()
    assert [each.arm for each in drawn(server, 20)].count("new") == 5
    [further] = drawn(server, 1)
    assert (further.variant, further.arm, further.pilot) == (OLD, None, PILOT)
    assert "assigns no more cases" in (further.basis or "")
    assert server.workflow.show().full
    server.end(NEW)
    assert drawn(server, 1)[0].variant == NEW


def test_after_its_end_new_cases_get_what_was_decided_and_earlier_ones_stay_as_they_were() -> None:
    server = Server()
    case = new_case()
    before = server.assign(case)
    server.end(OLD)
    assert [(each.variant, each.arm) for each in drawn(server, 10)] == [(OLD, None)] * 10
    assert server.assign(case) == before
    server.end(NEW)
    assert drawn(server, 1)[0].variant == NEW, "the last word holds"
    server.end(None)
    assert drawn(server, 1) == [Assignment()], "as if there had been no pilot"


def test_a_case_under_a_law_that_does_not_know_both_variants_is_not_assigned() -> None:
    server = Server()
    assert server.assign(new_case(), OLD_ONLY) == Assignment()
    assert server.assign(new_case(), "nobody's") == Assignment()
    assert server.workflow.show().cases == 0


def test_nothing_is_assigned_before_every_gateway_knows_of_the_pilot() -> None:
    """A gateway takes it for so long that there is none. Until then another one may open the same case."""
    server = Server(plan=None)
    server.begin(PLAN)
    server.clock += ABSENCE_KEPT_SECONDS - 0.01
    assert server.assign(new_case()) == Assignment()
    server.clock += 0.01
    assert server.assign(new_case()).block == 1


# --- what is refused ----------------------------------------------------------------------------------------


def refused() -> Iterator[Any]:
    def plan(told: str, **changed: Any) -> Any:
        name = told.partition(",")[0]  # without what differs between processes
        return pytest.param(lambda server: server.begin(PLAN.model_copy(update=changed)), told, id=name)

    yield plan("is not the one whose cases", procedure=ProcedureId("opening-restaurant"))
    yield plan("is not the one whose cases", procedure=ProcedureId("nothing"))
    yield plan("law: tree-felling has no law version", law="1900")
    yield plan("2017 knows standard", law=OLD_ONLY)
    yield plan("knows both 'standard' and 'faster'", new=VariantId("faster"))
    yield plan(f"has a pilot that is not ended, {PILOT}", pilot=OTHER)
    yield plan("begun with another plan", block=7)
    ends = "does not assign these cases"
    yield pytest.param(lambda server: server.end(OLD, OTHER), f"{OTHER} {ends}", id=ends)
    yield pytest.param(lambda server: server.end(VariantId("faster")), "is none of the pilot's", id="variant")


@pytest.mark.parametrize(("does", "told"), list(refused()))
def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(does: Any, told: str) -> None:
    server = Server()
    drawn(server, 3)
    before = server.workflow.carried()
    with pytest.raises(ValueError, match=told):
        does(server)
    assert server.workflow.carried() == before


def test_a_pilot_may_follow_one_that_was_ended() -> None:
    server = Server()
    drawn(server, 6)
    server.end(OLD)
    following = PLAN.model_copy(update={"pilot": OTHER})
    assert server.begin(following) == Assigning(plan=following)
    server.clock += ABSENCE_KEPT_SECONDS
    assert [(each.pilot, each.block) for each in drawn(server, 1)] == [(OTHER, 1)]
