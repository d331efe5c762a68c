"""What the demonstration draws, and the days it makes of the draws."""

from __future__ import annotations

import pytest

from contracts.procedures.construction_permit import CheckCompleteness
from contracts.terms.identifiers import ChannelId
from seamless.demo.assumptions import plan
from seamless.town.draws import number_of, numbered_case

PLANS = [plan(33, number) for number in range(1, 301)]


def test_one_seed_draws_the_same_again() -> None:
    assert plan(7, 12) == plan(7, 12)
    assert plan(7, 12) != plan(8, 12)


def test_side_by_side_never_takes_longer_than_one_after_another() -> None:
    assert all(0 < drawn.critical_path_days <= drawn.serial_days for drawn in PLANS)


def test_every_way_a_case_can_end_is_drawn() -> None:
    assert {drawn.outcome for drawn in PLANS} == {"granted", "refused", "withdrawn"}


def test_silence_on_completeness_would_shorten_the_path_so_it_is_not_drawn() -> None:
    limit = CheckCompleteness.stated.limit.count
    assert all(
        drawn.other_work[f"construction-permit.check-completeness/{n}"] < limit
        for drawn in PLANS
        for n in (1, 2)
    )


def test_some_reviews_are_overdue_and_none_reaches_its_binding_end() -> None:
    shares = [drawn.reviews["construction-permit.review-fire-safety"].days / 10 for drawn in PLANS]
    assert max(shares) == pytest.approx(1.2)
    assert sum(share > 1 for share in shares) < len(shares) / 8


def test_a_case_id_carries_its_number() -> None:
    assert number_of(numbered_case(ChannelId("portal"), 4711)) == 4711
