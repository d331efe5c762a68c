"""What applicants have to do, and what was published of it, is told of what there is, by way of working."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.opening_restaurant import PAPERS, RestaurantApplication, Ruling, approval
from contracts.procedures.opening_restaurant_item import BUNDLE, CHAIN, OPENING_RESTAURANT
from contracts.procedures.tree_felling import TREE_FELLING
from contracts.terms.burden import Errand, Published
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.requests import Inspection
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
from tests.applications import restaurant

VARIANTS = [STANDARD, VariantId("added-review")]
NAME = Bilingual(zh="申请", en="Apply")


def an_item(**changes: Any) -> ServiceItem:
    return ServiceItem(**(dict(TREE_FELLING) | changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"errands": (Errand(name=NAME, form="paper"),)}, "there is no form 'paper': none"),
        ({"errands": (Errand(name=NAME, materials=("photo", "deed")),)}, "no material 'deed': photo"),
        (
            {"errands": (Errand(name=NAME, variants=(VariantId("fast"),)),)},
            "no variant 'fast': standard, added-review",
        ),
        ({"published": (Published(variant=VariantId("fast"), source="gazette"),)}, "no variant 'fast'"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        an_item(**changes)


@given(st.lists(st.lists(st.sampled_from(VARIANTS), unique=True), max_size=4))
def test_an_errand_is_for_the_variants_that_it_names_or_for_all(named: list[list[VariantId]]) -> None:
    errands = [Errand(name=NAME, variants=tuple(variants)) for variants in named]
    item = an_item(errands=tuple(errands))
    for variant in VARIANTS:
        mine = [
            each for each, variants in zip(errands, named, strict=True) if variant in (variants or [variant])
        ]
        assert list(item.errands_in(variant)) == mine


def test_what_was_not_published_is_not_zero() -> None:
    said = Published(source="gazette", visits=0).model_dump(mode="json")
    assert said == {"variant": "standard", "source": "gazette", "visits": 0}


@pytest.mark.parametrize("item", CATALOGUE.values(), ids=lambda each: each.procedure)
def test_an_item_that_says_nothing_of_it_is_as_before(item: ServiceItem) -> None:
    said = item.model_dump(mode="json")
    for field in ("errands", "published", "assumed"):
        assert (field in said) == bool(getattr(item, field))


def test_a_restaurants_documents_are_each_handed_in_and_each_needed() -> None:
    documents = {name for name, field in RestaurantApplication.model_fields.items() if "Doc" in str(field)}
    needed = {field for fields in PAPERS.values() for field in fields}
    assert needed == documents
    [form] = [each for each in OPENING_RESTAURANT.errands_in(BUNDLE) if each.form]
    assert {code.replace("-", "_") for code in form.materials} == documents
    chained = {
        code.replace("-", "_") for each in OPENING_RESTAURANT.errands_in(CHAIN) for code in each.materials
    }
    assert chained >= documents


def test_a_department_gets_the_documents_that_it_needs_and_no_others() -> None:
    for kind, fields in PAPERS.items():
        asked = approval(kind, restaurant(), Inspection(outcome="passed")).model_dump(mode="json")
        uris = {each["uri"] for each in asked["papers"]}
        assert uris == {getattr(restaurant(), field).uri for field in fields}


def test_an_approval_brings_its_document_and_a_refusal_none() -> None:
    with pytest.raises(ValidationError, match="needs it"):
        Ruling(outcome="approve")
    with pytest.raises(ValidationError, match="needs it"):
        Ruling(outcome="refuse")
