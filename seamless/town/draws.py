"""Random choices that depend only on a seed and on what they are for, not on anything that happens
meanwhile."""

from __future__ import annotations

from random import Random

import uuid_utils

from contracts.terms.identifiers import CaseId, ChannelId

LARGEST_NUMBER = 2**24
"""Numbers of simulated cases are smaller. The digits of another id are random: one in 16 million is, too."""


def draw(seed: int, *about: object) -> Random:
    """The random numbers for one thing: the same whenever and in whichever order they are asked for."""
    return Random("/".join(map(str, (seed, *about))))


def numbered_case(channel: ChannelId, number: int) -> CaseId:
    """A fresh case id whose last twelve digits are ``number``, so that the draws for a case follow from its
    id alone."""
    return CaseId(f"{channel}-{str(uuid_utils.uuid7())[:-12]}{number:012x}")


def number_of(case: str) -> int:
    """The number of a case; of one that nobody simulates, any number."""
    return int(case[-12:], 16)


def is_simulated(case: str) -> bool:
    """Whether a case's application was handed in by a simulation."""
    return number_of(case) < LARGEST_NUMBER
