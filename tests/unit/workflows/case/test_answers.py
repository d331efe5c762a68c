"""The answers to several requests: each by its request, and all in their order."""

from __future__ import annotations

import pytest

from contracts.procedures.construction_permit import (
    CheckCompleteness,
    Completeness,
    Review,
    ReviewDrainage,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.terms.requests import Answer, Request
from tests.unit.workflows.case.authoring import COMPLETE, DRAINAGE, FIRE, PLANNING
from workflows.case import Answers
from workflows.case.faults import CourseFault

CONSENT, REFUSE = Review(outcome="consent"), Review(outcome="refuse", reason="plan-not-conform")
TANK = Review(outcome="consent-with-conditions", conditions=("a tank",))
WHOLE = Completeness(outcome="complete")
ASKED: list[Request[Answer]] = [COMPLETE, PLANNING, FIRE, DRAINAGE]
ANSWERS = Answers[Answer](ASKED, [(DRAINAGE, TANK), (COMPLETE, WHOLE), (PLANNING, REFUSE)])


def test_they_come_in_the_order_in_which_they_took_effect() -> None:
    assert list(ANSWERS) == [TANK, WHOLE, REFUSE]
    assert len(ANSWERS) == 3
    assert ANSWERS.first("refuse") == REFUSE
    assert ANSWERS.first("consent") is None
    assert ANSWERS.conditions == ("a tank",)


def test_each_is_found_by_its_request_and_by_its_type() -> None:
    assert ANSWERS.of(PLANNING) == ANSWERS.of(ReviewPlanning) == REFUSE
    assert ANSWERS.of(COMPLETE) == ANSWERS.of(CheckCompleteness) == WHOLE


def test_one_that_was_stopped_has_none() -> None:
    assert ANSWERS.of(FIRE) is None
    assert ANSWERS.of(ReviewFireSafety) is None


def test_of_what_was_not_asked_there_is_no_answer_and_no_none() -> None:
    other = ReviewPlanning(site=PLANNING.site, plan=PLANNING.plan)
    with pytest.raises(
        CourseFault, match=r"0 requests are ReviewPlanning.*; asked were: CheckCompleteness, Rev"
    ):
        ANSWERS.of(other)
    twice = Answers([PLANNING, other], [(other, REFUSE), (PLANNING, CONSENT)])
    with pytest.raises(CourseFault, match="2 requests are ReviewPlanning, and one has to be"):
        twice.of(ReviewPlanning)
    assert (twice.of(PLANNING), twice.of(other)) == (CONSENT, REFUSE)
    with pytest.raises(CourseFault, match="0 requests are ReviewDrainage"):
        twice.of(ReviewDrainage)
