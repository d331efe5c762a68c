"""In words: in how many pairs the new way was slower."""

from __future__ import annotations

import numpy as np
import pytest

from archive.pilots.pairs import Pairs, pairs_of
from tests.unit.archive.pilots.worlds import pilot


@pytest.mark.parametrize(
    ("times", "day", "found"),
    [
        ([10.0, 20.0], 100.0, Pairs(slower=1, faster=0, same=0, not_yet_known=0)),
        ([20.0, 10.0], 100.0, Pairs(slower=0, faster=1, same=0, not_yet_known=0)),
        ([10.0, 10.0], 100.0, Pairs(slower=0, faster=0, same=1, not_yet_known=0)),
        pytest.param([10.0, np.inf], 12.0, Pairs(1, 0, 0, 0), id="open, and has taken as long already"),
        pytest.param([10.0, np.inf], 11.0, Pairs(0, 0, 0, 1), id="open, and younger than the other became"),
        pytest.param([np.inf, 10.0], 12.0, Pairs(0, 1, 0, 0), id="the old one is open, and older"),
        pytest.param([np.inf, np.inf], 500.0, Pairs(0, 0, 0, 1), id="both are open"),
        pytest.param([10.0, 20.0], 1.0, Pairs(0, 0, 0, 0), id="the second has not arrived"),
    ],
)
def test_a_pair_is_known_once_one_has_taken_longer(times: list[float], day: float, found: Pairs) -> None:
    assert pairs_of(pilot([0.0, 2.0], times, [1], 2), day) == found


def test_in_a_larger_block_the_new_case_is_compared_with_each_of_the_others() -> None:
    found = pairs_of(pilot([0.0, 0.0, 0.0, 0.0], [5.0, 10.0, 20.0, np.inf], [1], 4), 30.0)
    assert found == Pairs(slower=1, faster=2, same=0, not_yet_known=0)
    assert found.known == 3
