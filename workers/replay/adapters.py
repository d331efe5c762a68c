"""Which log format each procedure relives. A new adapter is named here."""

from __future__ import annotations

from contracts.permit_receipt import PERMIT_RECEIPT
from workers.replay.log import Adapter
from workers.replay.permit_receipt import read_log

ADAPTERS: dict[str, Adapter] = {PERMIT_RECEIPT.procedure: read_log}
