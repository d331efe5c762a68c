"""A pilot goes its way: two persons approve it, what its cases say decides, and new cases get one variant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from contracts.procedures.rebuilding import (
    EXAMPLE,
    STEERING_COMMITTEE,
    Adoption,
    ApprovePilot,
    BeginAssignment,
    Beginning,
    ConfirmPilot,
    DecideAdoption,
    EndAssignment,
    Ending,
    Evidence,
    PilotStopped,
    Vote,
    WeighEvidence,
)
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import working_days
from contracts.wire.messages import HandedOver, Refused
from seamless.testing import case_of
from workflows.rebuilding import Rebuilding

CONCERNED = (AgencyId("market-regulation"), AgencyId("water"))
YES = Vote(outcome="approve")


@asynccontextmanager
async def approved(temporal: Client) -> AsyncIterator[Any]:
    """A pilot that two persons have approved, and that has begun; its checks are answered by hand."""
    async with case_of(Rebuilding, EXAMPLE, temporal) as case:
        await case.answer(ApprovePilot, YES, officer="chen")
        await case.answer(ConfirmPilot, YES, officer="wu")
        await case.answer(BeginAssignment, Beginning(outcome="begun", concerned=CONCERNED))
        yield case


async def looked(case: Any, outcome: Any, nth: int = 1) -> None:
    """A day passes, and the evidence is weighed."""
    await case.until(lambda: case.kinds.count("waiting") == nth)
    await case.passes(timedelta(days=1))
    await case.answer(WeighEvidence, Evidence(outcome=outcome), nth=nth)


def told(case: Any, agency: str) -> list[str]:
    """What an agency was told of the pilot."""
    letters = case.letters(f"agency:{agency}")
    return [data["content"]["what"] for kind, data in letters if kind == HandedOver.type]


def asked_to_use(case: Any) -> list[str]:
    """In which variants new cases were asked to be opened."""
    return [
        entry.data.content["content"]["variant"]
        for entry in case.entries
        if entry.kind == "requested" and (entry.step or "").startswith(f"{EndAssignment.name}/")
    ]


async def test_a_better_way_is_adopted_when_the_committee_says_so(temporal: Client) -> None:
    async with approved(temporal) as case:
        await looked(case, "undecided")
        await looked(case, "better", nth=2)
        await case.answer(DecideAdoption, Adoption(outcome="adopt"), officer="chen")
        await case.answer(WeighEvidence, Evidence(outcome="better"), nth=3)
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Grant()
        assert asked_to_use(case) == [EXAMPLE.new]
        assert [told(case, each) for each in CONCERNED] == [["begins", "adopted"]] * 2


async def test_what_has_harmed_while_the_committee_decided_is_not_adopted(temporal: Client) -> None:
    async with approved(temporal) as case:
        await looked(case, "better")
        await case.asked(DecideAdoption)
        await case.passes(working_days(10))
        await case.answer(DecideAdoption, Adoption(outcome="adopt"), officer="chen")
        await case.answer(WeighEvidence, Evidence(outcome="harmful"), nth=2)
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason="harmful")
        assert asked_to_use(case) == [EXAMPLE.old]


@pytest.mark.parametrize("verdict", ["worse", "harmful"])
async def test_a_worse_way_is_given_up_without_anybody_asked(temporal: Client, verdict: Any) -> None:
    async with approved(temporal) as case:
        await looked(case, verdict)
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason=verdict)
        assert asked_to_use(case) == [EXAMPLE.old]
        assert [told(case, each) for each in CONCERNED] == [["begins", "gone-back"]] * 2
        assert not [each for each in case.entries if (each.step or "").startswith(DecideAdoption.name)]


async def test_silence_on_the_adoption_goes_back(temporal: Client) -> None:
    async with approved(temporal) as case:
        await looked(case, "exhausted")
        await case.asked(DecideAdoption)
        await case.passes(working_days(20))
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason="not-adopted")
        assert asked_to_use(case) == [EXAMPLE.old]


async def test_a_pilot_is_stopped_at_once(temporal: Client) -> None:
    async with approved(temporal) as case:
        await case.until(lambda: "waiting" in case.kinds)
        await case.report(PilotStopped(why="short of staff"), by=STEERING_COMMITTEE)
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason="stopped")


async def test_the_second_approval_is_another_persons(temporal: Client) -> None:
    async with case_of(Rebuilding, EXAMPLE, temporal) as case:
        await case.answer(ApprovePilot, YES)
        await case.answer(ApprovePilot, YES, officer="chen")
        await case.answer(ConfirmPilot, YES, officer="chen")
        await case.answer(ConfirmPilot, YES, officer="wu")
        await case.asked(BeginAssignment)
        letters = case.letters(f"agency:{STEERING_COMMITTEE}")
        reasons = [data["reason"] for kind, data in letters if kind == Refused.type]
        assert reasons == ["invalid", "same-person"]
        votes = [e for e in case.entries if e.kind == "answered" and e.actor.id == STEERING_COMMITTEE]
        assert len({each.officer for each in votes}) == 2
        await case.answer(
            BeginAssignment, Beginning(outcome="not-possible", reason="not-possible", note="no such variant")
        )
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason="not-possible")


@pytest.mark.parametrize("votes", [0, 1])
async def test_silence_approves_nothing(temporal: Client, votes: int) -> None:
    async with case_of(Rebuilding, EXAMPLE, temporal) as case:
        if votes:
            await case.answer(ApprovePilot, YES, officer="chen")
        await case.asked((ApprovePilot, ConfirmPilot)[votes])
        await case.passes(working_days(10))
        assert (await case.closing()).decision == Refuse(reason="not-approved")
        assert BeginAssignment.name not in str([each.step for each in case.entries])


async def test_a_pilot_that_nobody_weighs_goes_back(temporal: Client) -> None:
    async with approved(temporal) as case:
        await case.until(lambda: "waiting" in case.kinds)
        await case.passes(timedelta(days=1))
        await case.asked(WeighEvidence)
        await case.passes(working_days(7))
        assert {"escalated", "referred", "lapsed"} <= set(case.kinds)
        await case.answer(EndAssignment, Ending(outcome="ended"))
        assert (await case.closing()).decision == Refuse(reason="not-weighed")
