"""``null`` in an optional place is read as absent, also where what is absent is no ``null``."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.admission import CaseEvent
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import Party
from tests.applications import event
from tests.unit.contracts.test_admission import CASE, FIRE_SAFETY, PORTAL, admitted, answered


def by_portal(name: str, data: Any) -> dict[str, Any]:
    kind = f"org.seamless.channel.{name}.v1"
    return event(Party.channel("portal"), kind, CASE, {}).model_dump(mode="json") | {"data": data}


@pytest.mark.parametrize(
    "said",
    [
        answered(datacontenttype=None),
        answered(data={"answer": {"outcome": "consent", "conditions": None, "reason": None, "deemed": None}}),
        answered(type="org.seamless.agency.received.v1", data=None),
    ],
)
def test_of_an_agency(said: dict[str, Any]) -> None:
    assert isinstance(admitted(FIRE_SAFETY, said), CaseEvent)


@pytest.mark.parametrize(
    "said",
    [
        by_portal("withdrawn", None),
        by_portal("default-noticed", None),
        by_portal("replied", {"question": "q", "text": "nine", "documents": None}),
    ],
)
def test_of_a_channel(said: dict[str, Any]) -> None:
    assert isinstance(admitted(PORTAL, said), CaseEvent)


def test_what_is_required_is_still_missing() -> None:
    with pytest.raises(Refusal, match=r"data\.answer"):
        admitted(FIRE_SAFETY, answered(data={"answer": None}))
    with pytest.raises(Refusal, match="text"):
        admitted(PORTAL, by_portal("replied", {"question": "q", "text": None, "documents": None}))
