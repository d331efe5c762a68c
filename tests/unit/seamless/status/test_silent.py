"""Who is silent: late, and not heard of since it was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.choosing import Holds
from contracts.terms.identifiers import AgencyId, Party
from seamless.status.silent import silent_of, unheard
from workers.process.settings import load_settings

ASKED = datetime(2026, 11, 2, 9, tzinfo=UTC)
TAX = Party.agency(AgencyId("tax"))


def holds(holder: Party = TAX, overdue: int = 1) -> Holds:
    return Holds(
        holder=holder,
        cases=3,
        requests=3,
        overdue=overdue,
        overdue_cases=overdue,
        oldest_due=ASKED + timedelta(days=10),
        waiting_since=ASKED,
    )


@pytest.mark.parametrize(
    ("heard", "silent"),
    [
        (None, True),
        (ASKED - timedelta(seconds=1), True),
        (ASKED, False),
        (ASKED + timedelta(days=20), False),  # it answers others, and is late with this
    ],
)
def test_who_has_said_anything_since_it_was_asked_is_not_silent(heard: datetime | None, silent: bool) -> None:
    found = unheard([holds()], {TAX: heard})
    assert [(each.agency, each.overdue, each.heard) for each in found] == [("tax", 1, heard)] * silent


async def test_only_late_agencies_with_a_system_of_their_own_are_asked_for() -> None:
    """Nobody listens where the broker should be, so whoever was asked for would be an error."""
    nowhere = load_settings(kafka="127.0.0.1:9")
    drainage, applicant = Party.agency(AgencyId("drainage")), Party("applicant")
    assert await silent_of(nowhere, [holds(overdue=0), holds(drainage), holds(applicant)]) == []


async def test_who_has_left_the_directory_is_named_and_asked_for_nothing() -> None:
    nowhere = load_settings(kafka="127.0.0.1:9")
    [found] = await silent_of(nowhere, [holds(Party.agency(AgencyId("dissolved")))])
    assert (found.agency, found.overdue, found.left) == ("dissolved", 1, True)
