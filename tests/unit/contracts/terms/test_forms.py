"""What a party writes counts as what JSON says it is, in every contract."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from contracts.terms.values import Contract, Money, Statement
from contracts.wire.messages import Paid


class Part(Contract):
    trees: int = Field(ge=0)
    weights: dict[int, float] = Field(default_factory=dict)


class Plea(Statement):
    parts: tuple[Part, ...] = ()
    dangerous: bool | None = None
    height: Decimal | None = None
    either: int | bool | str = "none"


def reads(contract: type[BaseModel], **said: Any) -> bool:
    try:
        contract.model_validate(said)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("said", ["yes", "true", "off", 1, 0, 1.0, [True], {}])
def test_a_boolean_is_true_or_false(said: Any) -> None:
    assert not reads(Plea, dangerous=said)
    assert reads(Plea, dangerous=True)
    assert reads(Plea, dangerous=None)


@pytest.mark.parametrize("said", ["3", "1_00", " 3", True, False, 3.5, None])
def test_a_number_is_no_text_and_no_boolean(said: Any) -> None:
    assert not reads(Plea, parts=[{"trees": said}])
    assert reads(Plea, parts=[{"trees": 3.0}])  # JSON has one kind of number


def test_the_names_in_an_object_are_texts_also_where_they_stand_for_numbers() -> None:
    read = Plea.model_validate({"parts": [{"trees": 1, "weights": {"7": 0.5}}]})
    assert read.parts[0].weights == {7: 0.5}


LAX = [
    "1_0.00",
    " 5.00",
    "5.00\n",
    "+5.00",
    "٥.00",
    "５.00",
    "5.",
    ".5",
    "1e1",
    "1E1",
    "5E+1",
    "-0E+3",
    "",
    "NaN",
    "0x1",
]


@pytest.mark.parametrize("said", [*LAX, True])
def test_a_decimal_is_digits_with_at_most_one_point(said: Any) -> None:
    assert not reads(Plea, height=said)
    assert not reads(Paid, amount={"amount": said, "currency": "CNY"}, reference="r")


@pytest.mark.parametrize("said", ["5", "5.00", "005.00", "0.000001", 5, 5.5])
def test_what_is_written_so_is_read(said: Any) -> None:
    assert reads(Plea, height=said)


def test_an_amount_that_a_ledger_of_the_first_release_has_with_an_exponent_is_still_read() -> None:
    assert Money.model_validate({"amount": "1E+2", "currency": "CNY"}).amount == 100


def test_each_kind_of_a_choice_is_read_as_itself() -> None:
    read = [Plea.model_validate({"either": each}).either for each in (True, 1, "1", "true")]
    assert [(type(each), each) for each in read] == [(bool, True), (int, 1), (str, "1"), (str, "true")]


@given(st.decimals(min_value=0, max_value=10**11, places=2), st.integers(0, 10**6), st.booleans())
def test_what_is_written_is_read_again(height: Decimal, trees: int, dangerous: bool) -> None:
    plea = Plea(parts=(Part(trees=trees),), dangerous=dangerous, height=height)
    assert Plea.model_validate(json.loads(plea.model_dump_json())) == plea
