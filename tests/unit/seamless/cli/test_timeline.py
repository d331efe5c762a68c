"""A ledger as people read it."""

from __future__ import annotations

import pytest

from contracts.terms.identifiers import CaseId
from seamless.cli.console import Console
from seamless.cli.names import Names
from seamless.cli.timeline import Timeline
from tests.applications import new_case
from tests.chains import chain
from workers.process.settings import Settings

PILOT: CaseId = new_case()
DRAWN = {"variant": "fast", "pilot": PILOT, "arm": "new", "block": 7, "place": 2, "probability": 0.25}


@pytest.mark.parametrize(
    ("said", "told"), [(DRAWN, True), ({"variant": "fast", "pilot": "spring"}, False), ({}, False)]
)
def test_it_says_of_a_pilots_case_how_it_was_assigned(
    said: dict[str, object], told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    [entry] = chain({"kind": "opened"} | said)
    settings = Settings()
    names, zone = Names(settings.directory, "en"), settings.legal_calendar.zone
    Timeline(Console(), names, zone).print_next(entry)
    assert ("assigned to fast, block 7" in capsys.readouterr().out) == told
