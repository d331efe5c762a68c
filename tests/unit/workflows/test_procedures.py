"""The list of procedures and the catalogue cannot differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.service_item import ServiceItem
from workflows.case import Procedure
from workflows.construction_permit import ConstructionPermit
from workflows.procedures import PROCEDURES, listed

IN_FORCE = CONSTRUCTION_PERMIT.laws[-1]
OTHERS = tuple(each for each in PROCEDURES if each is not ConstructionPermit)


def bound(item: ServiceItem, variant: str = STANDARD) -> type[Procedure[Any]]:
    """Another class, as the decorator binds it."""
    return type("Another", (Procedure,), {"item": item, "workflow_type": item.workflow_type(variant)})


def test_a_class_runs_one_variant_of_its_service_item_under_all_laws() -> None:
    cls = ConstructionPermit
    assert (cls.item, cls.variant) == (CONSTRUCTION_PERMIT, "standard")
    assert cls.workflow_type == "construction-permit"
    assert CONSTRUCTION_PERMIT.workflow_type("added-review") == "construction-permit.added-review"


def test_the_list_is_the_catalogue() -> None:
    assert {each.item.procedure for each in PROCEDURES} == set(CATALOGUE)
    assert listed(PROCEDURES, CATALOGUE) == PROCEDURES


def test_a_service_item_without_a_procedure() -> None:
    with pytest.raises(TypeError, match="no listed procedure runs construction-permit: law version"):
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


def test_a_procedure_of_a_variant_that_no_law_version_names() -> None:
    with pytest.raises(TypeError, match=r"names the variant of construction-permit\.fast"):
        listed([*PROCEDURES, bound(CONSTRUCTION_PERMIT, "fast")], CATALOGUE)


def test_a_variant_that_no_procedure_runs() -> None:
    """A case that was opened in it would wait for ever."""
    fast = VariantId("fast")
    newer = IN_FORCE.model_copy(update={"id": "newer", "since": date(2030, 1, 1), "variants": (fast,)})
    item = CONSTRUCTION_PERMIT.model_copy(update={"laws": (IN_FORCE, newer)})
    catalogue = CATALOGUE | {item.procedure: item}
    told = r"runs construction-permit\.fast: law version 'newer' of construction-permit names 'fast'"
    with pytest.raises(TypeError, match=told):
        listed([bound(item), *OTHERS], catalogue)
    assert len(listed([bound(item), bound(item, "fast"), *OTHERS], catalogue)) == len(PROCEDURES) + 1
