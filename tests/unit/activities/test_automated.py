"""Automated checks: what they return is an answer of their request's type, or the activity fails."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.automated import automated
from activities.checks import CHECKS
from contracts.procedures.construction_permit import Review, ReviewDrainage
from tests.applications import application

ASKED = ReviewDrainage(site=application().site, sewage=application().sewage)


def returning(answer: Any) -> Any:
    @automated(ReviewDrainage)
    async def check(request: ReviewDrainage) -> Any:
        return answer

    return ActivityEnvironment().run(check, ASKED)


@pytest.mark.parametrize("answer", [Review(outcome="consent"), {"outcome": "consent"}])
async def test_an_answer_of_the_type_is_returned(answer: Any) -> None:
    assert await returning(answer) == Review(outcome="consent")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Review.model_construct(outcome="perhaps"), "outcome: Input should be 'consent'"),
        ({"outcome": "refuse"}, r"reason: the outcome 'refuse' needs it"),
        ({"outcome": "consent", "note": "\x00"}, r"note: has the character U\+0000"),
        ({"outcome": "consent", "deemed": True}, "deemed: only the platform may set it"),
        (None, "valid dictionary"),
        (object(), "valid dictionary"),
    ],
)
async def test_anything_else_fails_the_activity_and_says_why(answer: Any, why: str) -> None:
    with pytest.raises(
        ApplicationError,
        match=f"the check of construction-permit.review-drainage returned no Review: .*{why}",
    ) as failed:
        await returning(answer)
    assert not failed.value.non_retryable


async def test_a_check_that_fails_for_good_is_tried_again_all_the_same() -> None:
    """Temporal would not make it again, no operator would see it, and its request would never be answered."""

    @automated(ReviewDrainage)
    async def check(request: ReviewDrainage) -> Review:
        raise ApplicationError("no such district", 7, type="Model", non_retryable=True)

    with pytest.raises(ApplicationError, match="no such district") as failed:
        await ActivityEnvironment().run(check, ASKED)
    assert (failed.value.type, failed.value.details, failed.value.non_retryable) == ("Model", (7,), False)


def test_every_check_is_checked() -> None:
    for checks in CHECKS.values():
        for check in checks:
            assert hasattr(check, "__wrapped__"), check
