"""Ending what is in force about a party that has left the directory, or takes part otherwise by now."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from contracts.standing import Standing
from contracts.terms.identifiers import Party
from contracts.wire.orders import PauseOrdered, QuarantineOrdered
from tests.unit.contracts.test_standing import an_order
from tests.unit.seamless.cli.running import Said, command
from tests.unit.seamless.cli.test_dead_letters import Topic

LEFT, PORTAL, CHECK = Party.agency("left"), Party.channel("kiosk"), Party.agency("drainage")


def ordered(*words: str, data: Path) -> Said:
    standing = Standing()
    for kind, party in ((PauseOrdered, LEFT), (QuarantineOrdered, PORTAL), (PauseOrdered, CHECK)):
        standing.take(an_order(kind, party))
    with (
        mock.patch("seamless.cli.party._standing", mock.AsyncMock(return_value=standing)),
        mock.patch("network.broker.publisher.Publisher", return_value=Topic()),
    ):
        return command("party", *words, "--why", "x", "--dry-run", SEAMLESS_DATA=str(data))


@pytest.mark.parametrize(
    ("lever", "party"),
    [("resume", "left"), ("resume", LEFT), ("readmit", PORTAL), ("resume", "drainage")],
)
def test_what_is_in_force_can_be_ended(lever: str, party: str, tmp_path: Path) -> None:
    said = ordered(lever, party, data=tmp_path)
    assert (said.code, f"would be ordered: {lever}" in said.out) == (0, True), said.err


def test_nothing_else_is_ordered_about_who_is_not_in_the_directory(tmp_path: Path) -> None:
    assert ordered("pause", "left", data=tmp_path).code == 2
    assert ordered("resume", "nosuch", data=tmp_path).code == 2
