"""The short numbers of cases: the same for ever, read as people write them, never one for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms.case_number import ALPHABET, number_of, tail_of
from contracts.terms.identifiers import CaseId

TAILS = st.integers(0, 2**40 - 1).map(lambda number: f"{number:010x}")


def case_of(tail: str) -> CaseId:
    return CaseId(f"portal-0199a1b2-0000-7000-8000-00{tail}")


def test_a_number_stays_the_same_for_ever() -> None:
    """Whoever has written one down finds the case years later."""
    assert number_of(CaseId("portal-0199a1b2-0000-7000-8000-000000000001")) == "000-000-012"
    assert number_of(CaseId("counter-0199a1b2-0000-7000-8000-0000000000ff")) == "000-000-7Z7"


def test_the_number_that_the_docs_show_is_one() -> None:
    assert number_of(case_of(tail_of("7K3-MQ2-XHP"))) == "7K3-MQ2-XHP"


@given(TAILS)
def test_a_number_leads_to_the_end_of_the_id(tail: str) -> None:
    number = number_of(case_of(tail))
    assert len(number) == 11
    assert tail_of(number) == tail


@given(TAILS, st.data())
def test_a_number_is_read_as_people_write_it(tail: str, data: st.DataObject) -> None:
    misread = {"0": "0oO", "1": "1iIlL"}
    written = "".join(
        data.draw(st.sampled_from(misread.get(each, each + each.lower()))) if each != "-" else
        data.draw(st.sampled_from(["-", " ", ""]))
        for each in number_of(case_of(tail))
    )  # fmt: skip
    assert tail_of(written) == tail


@given(TAILS, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(tail: str, place: int, wrong: str) -> None:
    characters = list(number_of(case_of(tail)).replace("-", ""))
    if characters[place] == wrong:
        return
    characters[place] = wrong
    with pytest.raises(ValueError, match="mistyped"):
        tail_of("".join(characters))


@given(TAILS, st.integers(0, 8), st.integers(0, 8))
def test_two_characters_that_changed_places_are_noticed(tail: str, one: int, other: int) -> None:
    characters = list(number_of(case_of(tail)).replace("-", ""))
    if characters[one] == characters[other]:
        return
    characters[one], characters[other] = characters[other], characters[one]
    with pytest.raises(ValueError, match="mistyped"):
        tail_of("".join(characters))


@given(st.text(max_size=12))
def test_any_other_text_is_no_number(text: str) -> None:
    try:
        tail = tail_of(text)
    except ValueError:
        return
    assert number_of(case_of(tail)).replace("-", "") == "".join(
        {"O": "0", "I": "1", "L": "1"}.get(each, each) for each in text.upper() if each not in "- "
    )
