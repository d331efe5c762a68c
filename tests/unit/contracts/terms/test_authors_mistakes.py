"""Contracts that cannot mean what their author wants are refused when they are defined."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from contracts.procedures.construction_permit import HOUSING
from contracts.terms.hand_overs import HandOver
from contracts.terms.limits import working_days
from contracts.terms.reports import Report
from contracts.terms.requests import Answer, Request, deem
from contracts.terms.values import Contract, Statement

ASKED = {"agency": HOUSING, "limit": working_days(1), "basis": "x", "overdue": [deem("yes")]}


class Said(Answer):
    outcome: Literal["yes", "no"]


def defined(base: type[Contract], field: str, **keywords: Any) -> type[Contract]:
    """A class with one field, as its statement would define it."""
    namespace = {"__module__": __name__, "__annotations__": {field: "str"}}
    made: type[Contract] = type(base)("Written", (base,), namespace, **keywords)
    return made


@pytest.mark.parametrize(
    ("base", "keywords", "fields"),
    [
        (Request[Said], ASKED, ["name", "agency", "stated", "versions", "answer", "procedure", "bind"]),
        (Answer, {}, ["needs", "outcomes", "bounds"]),
        (Report, {"step": "x"}, ["step", "by"]),
        (HandOver, {"agency": HOUSING, "basis": "x"}, ["name", "agency", "basis"]),
        (Statement, {}, ["bounds", "copy", "json", "schema"]),
    ],
)
def test_a_field_that_would_hide_something_of_its_class(
    base: type[Contract], keywords: dict[str, Any], fields: list[str]
) -> None:
    for field in fields:
        told = f"Written: its field '{field}' would hide what every .* has of that name; call the field"
        with pytest.raises(TypeError, match=told):
            defined(base, field, **keywords)


@pytest.mark.parametrize("left_out", ["agency", "limit"])
def test_a_request_type_without_agency_or_limit(left_out: str) -> None:
    keywords = {name: value for name, value in ASKED.items() if name != left_out}
    with pytest.raises(TypeError, match=r"Written: a request type says whom it asks and how long .*; write"):
        defined(Request[Said], "site", **keywords)


def test_a_request_type_without_an_answer() -> None:
    with pytest.raises(TypeError, match=r"a request type says what answers it; write Request\[SomeAnswer\]"):
        defined(Request, "site", **ASKED)
