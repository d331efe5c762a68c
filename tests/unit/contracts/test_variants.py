"""In which variant a case is opened: the law version's first one, or the administration's where it may."""

from __future__ import annotations

import pytest

from contracts.admission import Rules
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.law import LawVersion

FAST = VariantId("fast")
ITEM, LAW = CONSTRUCTION_PERMIT, CONSTRUCTION_PERMIT.laws[-1]
BOTH = LAW.model_copy(update={"id": "2026", "variants": (FAST, STANDARD)})


@pytest.mark.parametrize(
    ("law", "chosen", "variant", "basis"),
    [
        (LAW, {}, STANDARD, "the law version 2018-33 names it first"),
        (BOTH, {}, FAST, "the law version 2026 names it first"),
        (BOTH, {"construction-permit": STANDARD}, STANDARD, "set by the administration"),
        (LAW, {"construction-permit": FAST}, STANDARD, "the law version 2018-33 names it first"),
        (BOTH, {"traffic-fine": STANDARD}, FAST, "the law version 2026 names it first"),
    ],
    ids=["one", "two", "set", "set, but not of this law", "set for another procedure"],
)
def test_the_variant_and_why(
    law: LawVersion, chosen: dict[str, VariantId], variant: VariantId, basis: str
) -> None:
    assert Rules(variants=chosen).variant(ITEM, law) == (variant, basis)
