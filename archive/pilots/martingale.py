"""The test martingale: what a gambler has made of 1 who bets on where the new case is found.

At each event the gambler bets at the odds that hold if the variant makes no difference. Then the expected
gain is 0 whatever is bet, what the gambler has is a nonnegative martingale, and the probability that it
*ever* reaches 20 is at most 1 / 20 (Ville 1939): however often one looks, whenever one stops, and also for
whoever stops at the highest point (Ramdas, Grünwald, Vovk and Shafer, *Game-theoretic statistics and safe
anytime-valid inference*, 2023). Nothing is assumed but the draw of the places: neither proportional hazards,
nor that cases are alike or independent, nor that the office stays as it is. If what a bet rests on is wrong,
it only wins less.

- The bets are those of Cox's partial likelihood: with hazard ratio r, the event falls on the new case with
  odds r : 1 against any other at risk. Several at the same age: Cox's likelihood of the discrete logistic
  model (1972), which is also that of binary outcomes in a matched set. Products of such ratios over events:
  Grünwald, Ly, Pérez-Ortiz and ter Schure, *The safe logrank test: error control under optional stopping,
  continuation and prior misspecification* (2021); ter Schure, Pérez-Ortiz, Ly and Grünwald, *The
  anytime-valid logrank test* (2024). From the draw alone: Zampieri, *Sequential randomization tests using
  e-values* (2025).
- The ratio is not known, so the gambler divides the 1 among several, which each play on by themselves: the
  mixture of martingales is one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.pilots.cases import Days
from archive.pilots.risk_sets import RiskSets

LARGEST = 700.0
"""The logarithm of the largest e-value that is told: more is no float."""


def wealth(events: RiskSets, ratios: Sequence[float], shares: Sequence[float]) -> Days:
    """What 1 has become after each event: an e-process, and a test martingale.

    Args:
        events: in the order in which they count, along the last axis.
        ratios: the hazard ratios, or the odds ratios, that are bet on.
        shares: how the 1 is divided among them; their sum is 1.
    """
    courses = []
    for ratio, share in zip(ratios, shares, strict=True):
        factors = np.log(events.at_risk / (events.ended * ratio + events.at_risk - events.ended))
        factors += np.where(events.hit, np.log(ratio), 0.0)
        courses.append(np.log(share) + np.cumsum(factors, axis=-1))
    return np.asarray(np.exp(np.minimum(np.logaddexp.reduce(courses, axis=0), LARGEST)), np.float64)


def first_day(course: Days, days: Days, goal: float) -> Days:
    """The day on which an e-process first reached a goal, along the last axis; infinity where it has not."""
    return np.asarray(np.where(course >= goal, days, np.inf).min(axis=-1, initial=np.inf), np.float64)
