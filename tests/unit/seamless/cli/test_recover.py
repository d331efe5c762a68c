"""What ``seamless recover`` takes."""

from __future__ import annotations

import pytest

from tests.unit.seamless.cli.running import command


@pytest.mark.parametrize(
    ("backup", "said"),
    [
        ("yesterday", "is not an instant with a zone"),
        ("2026-11-26T03:00:00", "is not an instant with a zone"),
        ("9999-12-31T23:59:59-14:00", "has not come yet"),
        ("0001-01-01T00:00:00+14:00", "no backup is so old"),
        ("0001-01-01T00:00:00+00:00", "no backup is so old"),
        ("1970-01-01T00:00:00Z", "no backup is so old"),
    ],
)
def test_a_backup_was_made_at_an_instant_at_which_one_can_have_been_made(backup: str, said: str) -> None:
    ended = command("recover", "--backup", backup, "--dry-run")
    assert ended.code == 2
    assert said in " ".join(ended.err.replace("│", " ").split())
    assert "Traceback" not in ended.err
