"""The list of all procedures. A new one is named here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.service_item import ServiceItem
from workflows.case import Procedure
from workflows.construction_permit import ConstructionPermit
from workflows.environmental_permit import EnvironmentalPermit
from workflows.opening_company import OpeningCompany
from workflows.opening_restaurant_bundle import OpeningRestaurantBundle
from workflows.opening_restaurant_chain import OpeningRestaurantChain
from workflows.permit_receipt import PermitReceipt
from workflows.rebuilding import Rebuilding
from workflows.traffic_fine import TrafficFine
from workflows.tree_felling import TreeFelling
from workflows.tree_felling_added_review import TreeFellingAddedReview

Class = type[Procedure[Any]]


def listed(procedures: Sequence[Class], catalogue: Mapping[str, ServiceItem]) -> tuple[Class, ...]:
    """The procedures, if they and the catalogue say the same.

    Raises:
        TypeError: a class has no service item in the catalogue or no law version names its variant, a variant
            of a law version has no class, or two classes have one workflow type; names them.
    """
    types: dict[str, Class] = {}
    for each in procedures:
        if catalogue.get(each.item.procedure) is not each.item:
            raise TypeError(
                f"{each.__name__}: its service item {each.item.procedure!r} is not the catalogue's"
            )
        other = types.setdefault(each.workflow_type, each)
        if other is not each:
            raise TypeError(
                f"{each.__name__} and {other.__name__} have the workflow type {each.workflow_type!r}"
            )
    named = {
        item.workflow_type(variant): f"law version {law.id!r} of {item.procedure} names {variant!r}"
        for item in catalogue.values()
        for law in item.laws
        for variant in law.variants
    }
    if unknown := sorted(types.keys() - named.keys()):
        raise TypeError(f"the catalogue has no law version that names the variant of {', '.join(unknown)}")
    if missing := sorted(named.keys() - types.keys()):
        told = "; ".join(named[each] for each in missing)
        raise TypeError(f"no listed procedure runs {', '.join(missing)}: {told}")
    return tuple(procedures)


PROCEDURES = listed(
    (
        ConstructionPermit,
        EnvironmentalPermit,
        OpeningCompany,
        OpeningRestaurantChain,
        OpeningRestaurantBundle,
        PermitReceipt,
        Rebuilding,
        TrafficFine,
        TreeFelling,
        TreeFellingAddedReview,
    ),
    CATALOGUE,
)
"""Every procedure's workflow class."""
