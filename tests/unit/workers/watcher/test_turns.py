"""Open cases that look well are asked for in turn, whoever opened them."""

from __future__ import annotations

import random
from typing import Any, cast

import uuid_utils

from contracts.terms.identifiers import CaseId
from workers.watcher.stuck import StuckCases


def test_those_that_were_opened_first_are_asked_for_first_and_every_one_comes_to_its_turn() -> None:
    nobody = cast(Any, None)
    stuck = StuckCases(nobody, nobody, checks=(), at_most=4)
    cases = [CaseId(f"{channel}-{uuid_utils.uuid7()}") for channel in ("portal", "counter") for _ in range(5)]
    shuffled = random.Random(7).sample(cases, len(cases))
    assert stuck._in_turn(shuffled) == cases[:4]
    assert stuck._in_turn(shuffled) == cases[4:8]
    assert stuck._in_turn(shuffled) == [*cases[8:], *cases[:2]]
