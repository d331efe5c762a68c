"""The receipt phase: two branches that ten groups work on, in every interleaving."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.procedures.permit_receipt import (
    ConfirmationChecked,
    ConfirmationDetermined,
    ConfirmationSent,
    PermitRequest,
    PhaseClosed,
    ReceiptConfirmed,
    StopAdviceDetermined,
    StopDetermined,
)
from contracts.terms.decisions import Ended
from contracts.wire.messages import Reported
from tests.cases.conftest import Cases

REQUEST = PermitRequest(
    reference="case-1",
    by="Internet",
    department="General",
    received=datetime(2011, 10, 11, 11, 42, tzinfo=UTC),
)
CONFIRMATION = [ConfirmationChecked.step, ConfirmationDetermined.step, ConfirmationSent.step]
ADVICE = [StopAdviceDetermined.step, StopDetermined.step]


@pytest.mark.parametrize(
    "steps",
    [
        [ReceiptConfirmed.step, *CONFIRMATION, *ADVICE],
        [ReceiptConfirmed.step, *ADVICE, *CONFIRMATION],
        [ReceiptConfirmed.step, CONFIRMATION[0], ADVICE[0], CONFIRMATION[1], ADVICE[1], CONFIRMATION[2]],
        [ReceiptConfirmed.step],
        [ReceiptConfirmed.step, "T11 Create document X request unlicensed", *2 * [ConfirmationChecked.step]],
    ],
)  # fmt: skip
async def test_every_step_is_recorded_in_whatever_order_it_comes(cases: Cases, steps: list[str]) -> None:
    case = await cases.open("permit-receipt", REQUEST, channel="log")
    for number, step in enumerate([*steps, PhaseClosed.step]):
        await case.send(f"agency:group-{number % 4 + 1}", Reported.type, {"step": step})
    closing = await case.result()
    assert closing.decision == Ended(result="received")
    assert [entry.outcome for entry in case.entries if entry.kind == "reported"] == [*steps, PhaseClosed.step]
