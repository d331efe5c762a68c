"""The edge cases of docs/connecting.md: each row of its table is a row here, and is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.workflows.case.edge_cases.agencies import AGENCIES
from tests.unit.workflows.case.edge_cases.channels import CHANNELS
from tests.unit.workflows.case.edge_cases.situation import Row, Situation
from tests.unit.workflows.case.running import (
    VirtualRuntime,
)

CONNECTING = Path(__file__).parents[5] / "docs" / "connecting.md"
TESTS = Path(__file__).parents[4]
ROWS = [*AGENCIES, *CHANNELS]


def test_the_table_in_the_documents_is_the_one_that_is_tried() -> None:
    section = CONNECTING.read_text("utf-8").split("### Edge cases")[1].split("\n#")[0]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section.splitlines()
        if line.startswith("|")
    ][2:]
    assert rows == [(row.event, row.situation, row.answer) for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.event} {row.situation}")
async def test_what_the_sender_is_told(runtime: VirtualRuntime, row: Row) -> None:
    if isinstance(row.tried, str):
        file, name = row.tried.split("::")
        assert re.search(rf"def {name}\b", (TESTS / file).read_text("utf-8"))
        return
    told = await row.tried(Situation(runtime))
    assert told == ("`taken`" if row.answer == "as if it were new" else row.answer)
