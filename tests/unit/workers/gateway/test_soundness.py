"""A procedure whose check fails opens no new case; running ones go on; a setting opens it nevertheless."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.platform import opening_content
from contracts.terms.directory import load_directory
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import VariantId
from contracts.wire.canonical import sha256
from tests.unit.workers.gateway.test_opening import Started, an_application
from workers.gateway.delivery import CaseHistory, Delivery
from workers.gateway.soundness import Soundness
from workers.process.verdicts import NoVerdict, Verdict


class Asked:
    """Answers with what a check found, and counts how often it was asked."""

    def __init__(self, **broken: tuple[str, ...] | Exception) -> None:
        self.broken = {name.replace("_", "-"): each for name, each in broken.items()}
        self.asked: list[str] = []

    async def __call__(self, workflow_type: str) -> Verdict:
        self.asked.append(workflow_type)
        await asyncio.sleep(0)
        found = self.broken.get(workflow_type, ())
        if isinstance(found, Exception):
            raise found
        return Verdict(workflow_type, found)


class Known(Started):
    """A Temporal that has the case already, opened with this content."""

    def __init__(self, content: Any) -> None:
        super().__init__()
        self._content = content

    def get_workflow_handle(self, case: str) -> Known:
        return self

    async def describe(self, **options: Any) -> Known:
        return self

    async def memo_value(self, key: str, default: Any) -> str:
        return sha256(self._content)


BROKEN = {"construction_permit": ("fence", "promised")}


def delivery_to(started: Started, soundness: Soundness) -> Delivery:
    return Delivery(
        cast(Client, started),
        cast(CaseHistory, started),
        directory=load_directory(),
        calendar_name="cn-2026.1",
        soundness=soundness,
    )


class Unknown(Started):
    """A Temporal that does not know the case."""

    def get_workflow_handle(self, case: str) -> Unknown:
        return self

    async def describe(self, **options: Any) -> None:
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def test_no_case_is_opened_and_the_sender_hears_which_rules_are_broken() -> None:
    started = Unknown()
    with pytest.raises(Refusal) as refused, capture_logs() as logs:
        await delivery_to(started, Soundness((), Asked(**BROKEN))).deliver(an_application())
    assert (refused.value.reason, refused.value.field) == ("procedure-not-open", "data.procedure")
    assert "fence, promised" in refused.value.detail
    assert started.inputs == []
    assert [each["log_level"] for each in logs if "opens no new cases" in each["event"]] == ["error"]


async def test_a_setting_lets_it_open_cases_and_the_log_says_so() -> None:
    started = Started()
    with capture_logs() as logs:
        soundness = Soundness({"construction-permit"}, Asked(**BROKEN))
        assert await delivery_to(started, soundness).deliver(an_application()) == "started"
    [warning] = [each for each in logs if each["log_level"] == "warning"]
    assert "although its check fails" in warning["event"]
    assert warning["broken"] == ("fence", "promised")


async def test_a_repetition_of_an_application_that_opened_a_case_is_one_yet() -> None:
    admitted = an_application()
    known = Known(opening_content("construction-permit", admitted.application))
    delivery = delivery_to(known, Soundness((), Asked(**BROKEN)))
    assert await delivery.deliver(admitted) == "duplicate"
    with pytest.raises(Refusal, match="conflict"):
        await delivery_to(Known("other"), Soundness((), Asked(**BROKEN))).deliver(admitted)


async def test_each_variant_is_a_code_of_its_own() -> None:
    started, asked = Started(), Asked(**BROKEN)
    soundness = Soundness((), asked)
    variant = an_application(VariantId("fast"), "set by the administration")
    assert await delivery_to(started, soundness).deliver(variant) == "started"
    assert asked.asked == ["construction-permit.fast"]


async def test_many_applications_at_once_ask_once() -> None:
    asked = Asked()
    soundness = Soundness((), asked)
    assert await asyncio.gather(*(soundness.refusal_of(an_application()) for _ in range(20))) == [None] * 20
    assert asked.asked == ["construction-permit"]


async def test_one_that_gives_up_waiting_does_not_end_it_for_the_others() -> None:
    soundness = Soundness((), Asked(**BROKEN))
    first = asyncio.create_task(soundness.refusal_of(an_application()))
    second = asyncio.create_task(soundness.refusal_of(an_application()))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second) is not None


async def test_where_the_check_itself_fails_it_is_made_again() -> None:
    asked = Asked(construction_permit=NoVerdict("killed"))
    soundness = Soundness((), asked)
    with pytest.raises(NoVerdict):
        await soundness.refusal_of(an_application())
    asked.broken.clear()
    assert await soundness.refusal_of(an_application()) is None
