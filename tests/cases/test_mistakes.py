"""An author's mistakes, on a real Temporal server: a failed task tells them, no decision and no silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from contracts.procedures.construction_permit import (
    CONSTRUCTION_PERMIT,
    DRAINAGE,
    Application,
    CheckCompleteness,
    Completeness,
    Review,
    ReviewDrainage,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from seamless.testing import CaseUnderTest, case_of
from tests.applications import application
from workflows.case import Procedure, procedure

hidden: Any = asyncio
"""What the check of a definition cannot see through, as it could not where another module does it."""


@procedure(CONSTRUCTION_PERMIT)
class Mistaken(Procedure[Application]):
    """Waits for one answer, and then does what the test says."""

    does: Callable[[Procedure[Application]], Awaitable[Decision]]

    async def course(self, application: Application) -> Decision:
        await self.ask(CheckCompleteness(application=application))
        return await type(self).does(self)


async def _times_out(self: Procedure[Application]) -> Decision:
    async with hidden.timeout(0.1):
        await self.ask(DRAINAGE_REVIEW)
    raise AssertionError


async def _waits_for(self: Procedure[Application]) -> Decision:
    await hidden.wait_for(self.ask(DRAINAGE_REVIEW), 0.1)
    raise AssertionError


async def _awaits_what_it_cancelled(self: Procedure[Application]) -> Decision:
    branch = asyncio.create_task(self.accept())
    branch.cancel()
    await branch
    raise AssertionError


async def _cancels_itself(self: Procedure[Application]) -> Decision:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.Event().wait()
    raise AssertionError


async def _fails_as_temporal_does(self: Procedure[Application]) -> Decision:
    raise ApplicationError("for good", non_retryable=True)


async def _two_branches_fail(self: Procedure[Application]) -> Decision:
    async def lapses() -> None:
        raise BaseExceptionGroup("branches", [KeyError("no such site"), SystemExit(1)])

    async with asyncio.TaskGroup() as group:
        group.create_task(lapses())
    raise AssertionError


async def _decides_nothing(self: Procedure[Application]) -> Decision:
    return Grant()


async def _decides_twice(self: Procedure[Application]) -> Decision:
    await self.decide(Grant())
    return await self.decide(Refuse(reason="review-refused"))


async def _returns_something_else(self: Procedure[Application]) -> Decision:
    await self.decide(Grant())
    return Refuse(reason="review-refused")


async def _refuses_for_a_typo(self: Procedure[Application]) -> Decision:
    reason = "reveiw-refused"
    return await self.decide(Refuse(reason=reason))


async def _lapses_for_a_typo(self: Procedure[Application]) -> Decision:
    reason = "not-suplemented"
    await self.supplement(application(), [], working_days(5), reason)
    raise AssertionError


async def _stops_at_a_typo(self: Procedure[Application]) -> Decision:
    word = "refused"
    await self.ask_all(DRAINAGE_REVIEW, stop_at=word)
    raise AssertionError


async def _sets_a_condition(self: Procedure[Application]) -> Decision:
    return await self.decide(Grant(condition="a tank"))  # type: ignore[call-arg]


DRAINAGE_REVIEW = ReviewDrainage(site=application().site, sewage=application().sewage)
COMPLETE = Completeness(outcome="complete")
NO_TIME_OUTS = "TimeoutError. A course has no time-outs of its own: give the verb its limit"


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        (_times_out, NO_TIME_OUTS),
        (_waits_for, NO_TIME_OUTS),
        (
            _awaits_what_it_cancelled,
            "or awaited one that it had cancelled: leave the waiting to asyncio.TaskGroup",
        ),
        (_cancels_itself, "its course was cancelled from inside. It cancelled its own task, or"),
        (_fails_as_temporal_does, "for good. A course awaits nothing but the verbs of its procedure"),
        (_two_branches_fail, "KeyError: 'no such site'. The case waits at its last step"),
        (_decides_nothing, "has decided nothing; write: return await self.decide(...)"),
        (_decides_twice, "its course decides a second time: Refuse("),
        (_returns_something_else, "return what self.decide(...) gave back"),
        (_refuses_for_a_typo, "'reveiw-refused' is none of its reason codes: plan-not-conform, "),
        (_lapses_for_a_typo, "'not-suplemented' is none of its reason codes: plan-not-conform, "),
        (_stops_at_a_typo, "stop_at='refused' is no outcome of these requests: consent, consent-with-"),
        (_sets_a_condition, "Grant has no condition; it has: conditions"),
    ],
)
async def test_a_mistake_fails_the_task_and_names_the_remedy(
    temporal: Client,
    monkeypatch: pytest.MonkeyPatch,
    mistake: Callable[[Procedure[Application]], Awaitable[Decision]],
    told: str,
) -> None:
    monkeypatch.setattr(Mistaken, "does", mistake, raising=False)
    with pytest.raises(AssertionError) as failed:  # noqa: PT012  # the note comes with the end of the case
        async with case_of(Mistaken, application(), temporal, sandboxed=False) as case:
            await case.answer(CheckCompleteness, COMPLETE)
            await case.closing()
    assert told in str(failed.value)
    assert str(failed.value).startswith("CourseFault: construction-permit: ")
    assert "decided" not in case.kinds
    note = failed.value.__notes__[0].replace("construction-permit.", "")
    assert f"The ledger of {case.id}:" in note
    assert "requested        platform  check-completeness/1  due 2026-03-0" in note
    assert f"The last failure of its task: {failed.value}".replace("construction-permit.", "") in note


async def test_a_case_waits_for_fixed_code_and_goes_on(
    temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mended(self: Procedure[Application]) -> Decision:
        return await self.decide(Grant())

    monkeypatch.setattr(Mistaken, "does", _fails_as_temporal_does, raising=False)
    async with case_of(Mistaken, application(), temporal, sandboxed=False) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        with pytest.raises(AssertionError, match="for good"):
            await case.closing()
        assert (await case.handle.describe()).status == WorkflowExecutionStatus.RUNNING
        monkeypatch.setattr(Mistaken, "does", mended)
        async with asyncio.timeout(30):
            assert (await case.handle.result()).decision == Grant()


async def test_a_law_version_that_the_code_lacks(temporal: Client) -> None:
    with pytest.raises(AssertionError, match=r"law.*'2099'.*2018-33"):
        async with case_of(Mistaken, application(), temporal, law="2099", sandboxed=False) as case:
            await case.closing()


# --- a check that fails for good -------------------------------------------------------------------------


class Check:
    """The drainage check, broken until it is fixed."""

    def __init__(self) -> None:
        self.mended = False
        self.made = 0

    @activity.defn(name=ReviewDrainage.name)
    async def review(self, request: ReviewDrainage) -> Review:
        self.made += 1
        if self.mended:
            return Review(outcome="consent")
        raise ApplicationError("the model has no such district", non_retryable=True)


async def _asks_drainage(self: Procedure[Application]) -> Decision:
    review = await self.ask(DRAINAGE_REVIEW)
    return await self.decide(Grant() if review.outcome == "consent" else Refuse(reason="sewer-capacity"))


async def test_nothing_follows_from_a_check_that_fails_for_good_and_once_fixed_it_answers(
    temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mistaken, "does", _asks_drainage, raising=False)
    check = Check()

    def made(case: CaseUnderTest, times: int) -> Callable[[], bool]:
        return lambda: check.made >= times

    async with case_of(
        Mistaken, application(), temporal, checks={DRAINAGE: [check.review]}, sandboxed=False
    ) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        await case.until(made(case, 1))
        await case.passes(timedelta(hours=7))
        await case.until(made(case, 2))
        assert case.kinds[-1] in ("requested", "answered")
        check.mended = True
        await case.passes(timedelta(hours=7))
        assert (await case.closing()).decision == Grant()
        assert "deemed" not in case.kinds
        assert "lapsed" not in case.kinds
