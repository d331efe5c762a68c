"""The list of procedures and the catalogue cannot differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.service_item import LawVersion, ServiceItem
from workflows.case import Procedure
from workflows.procedures import PROCEDURES, listed

IN_FORCE = CONSTRUCTION_PERMIT.laws[-1]
OTHERS = PROCEDURES[1:]


def bound(item: ServiceItem, law: str = IN_FORCE.id) -> type[Procedure[Any]]:
    """Another class, as the decorator binds it."""
    return type("Another", (Procedure,), {"item": item, "workflow_type": item.workflow_type(law)})


def test_a_class_runs_one_law_version_of_its_service_item() -> None:
    first = PROCEDURES[0]
    assert (first.item, first.workflow_type) == (
        CONSTRUCTION_PERMIT, f"construction-permit@{IN_FORCE.id}",
    )  # fmt: skip


def test_the_list_is_the_catalogue() -> None:
    assert {each.item.procedure for each in PROCEDURES} == set(CATALOGUE)
    assert listed(PROCEDURES, CATALOGUE) == PROCEDURES


def test_a_service_item_without_a_procedure() -> None:
    with pytest.raises(TypeError, match="and no listed procedure runs it"):
        listed(OTHERS, CATALOGUE)


def test_a_procedure_without_a_service_item() -> None:
    catalogue = {name: item for name, item in CATALOGUE.items() if name != "traffic-fine"}
    with pytest.raises(TypeError, match="TrafficFine: its service item 'traffic-fine' is not the"):
        listed(PROCEDURES, catalogue)


def test_a_procedure_with_a_service_item_of_its_own() -> None:
    """It would decide by other reasons and fees than those that are published."""
    copy = CONSTRUCTION_PERMIT.model_copy(update={"code": "another"})
    with pytest.raises(TypeError, match="Another: its service item 'construction-permit' is not the"):
        listed([bound(copy), *OTHERS], CATALOGUE)


def test_two_procedures_of_one_workflow_type() -> None:
    with pytest.raises(TypeError, match="Another and ConstructionPermit have the workflow type"):
        listed([*PROCEDURES, bound(CONSTRUCTION_PERMIT)], CATALOGUE)


def test_a_procedure_of_a_law_version_that_the_catalogue_does_not_have() -> None:
    with pytest.raises(TypeError, match="the catalogue has no law version for construction-permit@repealed"):
        listed([*PROCEDURES, bound(CONSTRUCTION_PERMIT, "repealed")], CATALOGUE)


def test_a_law_version_that_no_procedure_runs() -> None:
    """A case that was opened under it would wait for ever."""
    newer = LawVersion(id="newer", basis="a newer law", since=date(2030, 1, 1))
    item = CONSTRUCTION_PERMIT.model_copy(update={"laws": (IN_FORCE, newer)})
    catalogue = CATALOGUE | {item.procedure: item}
    with pytest.raises(TypeError, match="the catalogue has construction-permit@newer, and no listed"):
        listed([bound(item), *OTHERS], catalogue)
    assert len(listed([bound(item), bound(item, "newer"), *OTHERS], catalogue)) == len(PROCEDURES) + 1
