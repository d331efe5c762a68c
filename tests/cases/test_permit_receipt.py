"""The receipt phase: two branches that ten groups work on, in every interleaving."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.decisions import Ended
from contracts.dialogue import REPORTED
from contracts.permit_receipt import (
    CHECK_CONFIRMATION,
    CONFIRM,
    DETERMINE_CONFIRMATION,
    DETERMINE_STOP,
    DETERMINE_STOP_ADVICE,
    PHASE_CLOSED,
    SEND_CONFIRMATION,
    PermitRequest,
)
from tests.cases.conftest import Cases

REQUEST = PermitRequest(
    reference="case-1", by="Desk", department="General", received=datetime(2011, 10, 11, 11, 42, tzinfo=UTC)
)
CONFIRMATION = [CHECK_CONFIRMATION, DETERMINE_CONFIRMATION, SEND_CONFIRMATION]
ADVICE = [DETERMINE_STOP_ADVICE, DETERMINE_STOP]


@pytest.mark.parametrize(
    "steps",
    [
        [CONFIRM, *CONFIRMATION, *ADVICE],
        [CONFIRM, *ADVICE, *CONFIRMATION],
        [CONFIRM, CONFIRMATION[0], ADVICE[0], CONFIRMATION[1], ADVICE[1], CONFIRMATION[2]],
        [CONFIRM],
        [CONFIRM, "T11 Create document X request unlicensed", CHECK_CONFIRMATION, CHECK_CONFIRMATION],
    ],
)  # fmt: skip
async def test_every_step_is_recorded_in_whatever_order_it_comes(cases: Cases, steps: list[str]) -> None:
    case = await cases.open("permit-receipt", REQUEST, channel="log")
    for number, step in enumerate([*steps, PHASE_CLOSED]):
        await case.send(f"agency:group-{number % 4 + 1}", REPORTED, {"step": step})
    closing = await case.result()
    assert closing.decision == Ended(result="received")
    assert [entry.outcome for entry in case.entries if entry.kind == "reported"] == [*steps, PHASE_CLOSED]
