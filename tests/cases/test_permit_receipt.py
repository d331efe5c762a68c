"""The receipt phase: two branches that ten groups work on, in every interleaving."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio.client import Client

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
from contracts.terms.identifiers import Party
from contracts.wire.messages import Reported
from seamless.testing import case_of
from workflows.permit_receipt import PermitReceipt

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
async def test_every_step_is_recorded_in_whatever_order_it_comes(temporal: Client, steps: list[str]) -> None:
    async with case_of(PermitReceipt, REQUEST, temporal, calendar="nl-2026.1") as case:
        for number, step in enumerate([*steps, PhaseClosed.step]):
            await case.send(Reported(step=step), Party(f"agency:group-{number % 4 + 1}"))
        assert (await case.closing()).decision == Ended(result="received")
        reported = [entry.outcome for entry in case.entries if entry.kind == "reported"]
        assert reported == [*steps, PhaseClosed.step]
