"""Registries that cannot lie: what would be ambiguous later is refused when it is defined."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from activities.automated import automated
from contracts.procedures.catalogue import CATALOGUE, by_procedure
from contracts.procedures.construction_permit import HOUSING, CheckCompleteness
from contracts.procedures.traffic_fine import CREDIT_COLLECTOR
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.limits import working_days
from contracts.terms.reports import REPORTS, Report
from contracts.terms.requests import REQUESTS, Answer, Request, deem
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
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


def an_item(procedure: str, **changes: Any) -> ServiceItem:
    """A service item of another procedure, which asks nothing."""
    fields = dict(CATALOGUE["permit-receipt"]) | {"procedure": ProcedureId(procedure)}
    return ServiceItem(**(fields | changes))


def a_request(name: str, **changes: Any) -> type[Request[Reply]]:
    """A request type of this name."""
    keywords = {"agency": HOUSING, "limit": working_days(1), "basis": "x", "overdue": [deem("yes")]}
    made: type[Request[Reply]] = type(Request)(
        name, (Request[Reply],), {"__module__": __name__}, **(keywords | changes)
    )
    return made


def test_two_procedures_may_have_requests_of_one_name() -> None:
    one, other = a_request("CheckCompleteness"), a_request("CheckCompleteness")
    an_item("roof-repair", requests=(one,))
    an_item("wall-repair", requests=(other,))
    assert (one.name, other.name) == ("roof-repair.check-completeness", "wall-repair.check-completeness")
    assert (REQUESTS[one.name], REQUESTS[other.name]) == (one, other)
    assert REQUESTS["construction-permit.check-completeness"] is CheckCompleteness


def test_a_request_of_two_procedures() -> None:
    shared = a_request("ReviewShared")
    an_item("door-repair", requests=(shared,))
    with pytest.raises(TypeError, match="the service item of 'door-repair' lists it already; write a class"):
        an_item("gate-repair", requests=(shared,))


def test_two_requests_of_one_name_in_one_procedure() -> None:
    first = a_request("ReviewRoof")
    with pytest.raises(TypeError, match=r"has the name 'shed-repair\.review-roof' already; name the class"):
        an_item("shed-repair", requests=(first, a_request("ReviewRoof")))


def test_a_hand_over_with_the_name_of_a_request() -> None:
    class ReviewPlanning(HandOver, agency=CREDIT_COLLECTOR, basis="x"):
        pass

    with pytest.raises(TypeError, match=r"has the name 'barn-repair\.review-planning' already"):
        an_item("barn-repair", requests=(a_request("ReviewPlanning"),), hand_overs=(ReviewPlanning,))


def test_a_hand_over_to_nobody() -> None:
    with pytest.raises(TypeError, match="TellNobody: a hand-over says who gets it"):

        class TellNobody(HandOver, basis="x"):
            pass


def test_a_hand_over_that_names_its_receiver() -> None:
    class TellSomebody(HandOver, basis="x"):
        to: AgencyId

    assert TellSomebody(to=HOUSING).receiver == HOUSING


def test_a_check_of_a_request_that_no_service_item_lists() -> None:
    with pytest.raises(TypeError, match="ReviewNothing: no service item lists it; add it to that of its"):
        automated(a_request("ReviewNothing"))


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


def test_a_title_of_a_step_that_there_is_not() -> None:
    title = Bilingual(zh="勘查", en="Inspect")
    kind = a_request("InspectTitled")
    assert an_item(
        "titled-a", requests=(kind,), titles={"inspect-titled": title, "application": title}
    ).titles
    with pytest.raises(ValueError, match="titles: 'inspect' is no request, hand-over or report"):
        an_item("titled-a", requests=(kind,), titles={"inspect": title})
