"""A report without content, however its agency writes that."""

from __future__ import annotations

from contracts.procedures.permit_receipt import ReceiptConfirmed
from workflows.case.waiting import read_fact


def test_null_is_no_content() -> None:
    name = f"reported:{ReceiptConfirmed.step}"
    for data in ({"step": ReceiptConfirmed.step}, {"step": ReceiptConfirmed.step, "content": None}):
        assert read_fact([ReceiptConfirmed], {"name": name, "data": data}) == ReceiptConfirmed()
