"""Whole cases, lived by simulated parties: any procedure is played, and comes to an end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import FIRE_SAFETY
from seamless.town.manners import AgencyManner, ApplicantManner, Manners
from tests.unit.seamless.explore.permit import Sound
from tests.unit.seamless.town.lived import live
from tests.unit.seamless.town.unseen import Unseen, unseen
from workflows.case import Procedure
from workflows.construction_permit import ConstructionPermit
from workflows.procedures import PROCEDURES
from workflows.tree_felling import TreeFelling

ORDERLY = Manners(
    agency=AgencyManner(
        late=0, silent=0, refuses=0, otherwise=0, thorough=1, particular=0, asks=0, disowns=0, corrects=0
    ),
    applicants=ApplicantManner(lacks=0, silent=0, late=0, partly=0, withdraws=0, urges=0),
)


def name_of(procedure: type[Procedure[Any]]) -> str:
    return procedure.workflow_type


@pytest.mark.parametrize("procedure", PROCEDURES, ids=name_of)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(), number=st.integers(min_value=1, max_value=10**6))
def test_every_procedure_of_the_catalogue_comes_to_an_end(
    procedure: type[Procedure[Any]], seed: int, number: int
) -> None:
    lived = live(procedure, seed=seed, number=number)
    assert lived.kinds["closed"] == 1
    assert lived.kinds["refused"] == 0, "nobody says what the case cannot take"


@settings(max_examples=25, deadline=None)
@given(made=unseen(), seed=st.integers())
def test_a_procedure_that_nobody_has_seen_is_played_without_code_of_its_own(made: Unseen, seed: int) -> None:
    with made.in_the_catalogue():
        assert live(made.procedure, seed=seed).kinds["closed"] == 1


def test_one_seed_plays_the_same_again_whatever_the_id_of_the_case() -> None:
    for procedure in PROCEDURES:
        first, again = live(procedure, seed=7, number=3), live(procedure, seed=7, number=3)
        assert first.story == again.story
        assert [each.id for each in first.said] == [each.id for each in again.said]


def test_another_seed_plays_otherwise() -> None:
    stories = [live(ConstructionPermit, seed=seed).story for seed in range(4)]
    assert all(story not in stories[:number] for number, story in enumerate(stories))


def test_within_sixty_cases_everything_is_seen_that_operators_have_to_know() -> None:
    kinds: Counter[str] = Counter()
    outcomes: Counter[str | None] = Counter()
    for number in range(1, 61):
        lived = live(PROCEDURES[number % len(PROCEDURES)], seed=33, number=number)
        kinds.update(lived.kinds)
        outcomes[lived.outcome] += 1
    seen = {"deemed", "supplemented", "reminded", "escalated", "question", "replied", "not-ours", "lapsed"}
    seen |= {"late", "paid", "withdrawn", "reported", "corrected"}
    assert seen - kinds.keys() == set()
    assert outcomes.keys() >= {"granted", "refused", "withdrawn"}
    assert outcomes["granted"] > outcomes["refused"]


def test_where_everybody_is_orderly_a_permit_is_granted_in_time() -> None:
    for number in range(1, 10):
        lived = live(ConstructionPermit, seed=number, number=number, manners=ORDERLY)
        assert lived.outcome == "granted"
        assert lived.kinds["escalated"] + lived.kinds["deemed"] + lived.kinds["late"] == 0


def test_silence_of_an_agency_that_is_not_simulated_counts_as_the_law_says() -> None:
    lived = live(ConstructionPermit, seed=1, manners=ORDERLY, apart=frozenset({FIRE_SAFETY}))
    deemed = [entry for entry in lived.entries if entry.kind == "deemed"]
    assert [entry.agency for entry in deemed] == [FIRE_SAFETY]
    assert not any(each.party.id == FIRE_SAFETY for each in lived.said)


def test_who_never_answers_refuses_nothing_and_delays_as_long_as_the_law_lets_it() -> None:
    silent = Manners(agency=AgencyManner(silent=1), applicants=ORDERLY.applicants)
    lived = live(TreeFelling, seed=5, manners=silent)
    assert lived.kinds["deemed"] == 1
    assert lived.kinds["answered"] == 0


def test_what_an_application_lacks_is_asked_for_and_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, Sound.item.procedure, Sound.item)
    lacking = ORDERLY.model_copy(update={"applicants": ORDERLY.applicants.model_copy(update={"lacks": 1.0})})
    for procedure in (ConstructionPermit, Sound):
        lived = live(procedure, seed=2, manners=lacking)
        [asked] = [entry for entry in lived.entries if entry.kind == "asked-applicant"]
        [brought] = [entry for entry in lived.entries if entry.kind == "supplemented"]
        assert set(brought.material_codes) == set(asked.material_codes)
        assert lived.outcome == "granted"


def test_a_fee_may_be_paid_in_parts() -> None:
    applicants = ORDERLY.applicants.model_copy(update={"partly": 1.0})
    lived = live(ConstructionPermit, seed=3, manners=ORDERLY.model_copy(update={"applicants": applicants}))
    assert lived.outcome == "granted"
    assert lived.kinds["paid"] == 2
