"""Registries that cannot lie: what would be ambiguous later is refused when it is defined."""

from __future__ import annotations

from typing import Literal

import pytest

from contracts.procedures.catalogue import CATALOGUE, by_procedure
from contracts.procedures.construction_permit import HOUSING
from contracts.procedures.traffic_fine import CREDIT_COLLECTOR
from contracts.terms.hand_overs import HandOver
from contracts.terms.limits import working_days
from contracts.terms.reports import REPORTS, Report
from contracts.terms.requests import REQUESTS, Answer, Request, deem
from contracts.terms.step_names import VERBS
from contracts.wire.envelope import MESSAGES, Message


class Reply(Answer):
    outcome: Literal["yes", "no"]


def test_two_reports_of_one_step_in_one_module() -> None:
    class SiteMeasured(Report, step="measure the site"):
        pass

    with pytest.raises(TypeError, match="SiteMeasuredAgain: SiteMeasured reports the step 'measure the"):

        class SiteMeasuredAgain(Report, step="measure the site"):
            pass

    assert REPORTS["measure the site"] is SiteMeasured


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_request_whose_name_is_a_verbs(verb: str) -> None:
    keywords = {"agency": HOUSING, "limit": working_days(1), "basis": "x", "overdue": [deem("yes")]}
    with pytest.raises(TypeError, match=f"{verb.capitalize()}: '{verb}' is the name of a verb's steps"):
        type(Request)(verb.capitalize(), (Request[Reply],), {"__module__": __name__}, **keywords)
    assert verb not in REQUESTS


def test_a_request_that_would_pass_for_a_wait() -> None:
    with pytest.raises(TypeError, match="'wait-for-rain' is the name of a verb's steps"):

        class WaitForRain(
            Request[Reply], agency=HOUSING, limit=working_days(1), basis="x", overdue=[deem("yes")]
        ):
            pass


def test_two_requests_of_one_name() -> None:
    class ReviewRoof(Request[Reply], agency=HOUSING, limit=working_days(1), basis="x", overdue=[deem("yes")]):
        pass

    first = ReviewRoof
    with pytest.raises(TypeError, match="has the step name 'review-roof' already"):

        class ReviewRoof(  # type: ignore[no-redef]
            Request[Reply], agency=HOUSING, limit=working_days(2), basis="y", overdue=[deem("no")]
        ):
            pass

    assert REQUESTS["review-roof"] is first


def test_a_hand_over_with_the_name_of_a_request() -> None:
    with pytest.raises(TypeError, match="ReviewPlanning has the step name 'review-planning' already"):

        class ReviewPlanning(HandOver, agency=CREDIT_COLLECTOR, basis="x"):
            pass


def test_two_messages_of_one_type() -> None:
    with pytest.raises(
        TypeError, match=r"Again: Answered has the type .org\.seamless\.agency\.answered\.v1."
    ):

        class Again(Message, name="agency.answered", sender="agency", to="platform"):
            pass

    assert MESSAGES["org.seamless.agency.answered.v1"].__name__ == "Answered"


def test_two_service_items_of_one_procedure() -> None:
    item = CATALOGUE["construction-permit"]
    with pytest.raises(TypeError, match="two service items of 'construction-permit'"):
        by_procedure(item, item.model_copy(update={"code": "another"}))
