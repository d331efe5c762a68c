"""Which logs can be replayed, by procedure. A new adapter is named here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from contracts.procedures.permit_receipt import PERMIT_RECEIPT
from contracts.procedures.traffic_fine import TRAFFIC_FINE
from contracts.terms.errors import refusal_of
from seamless.replay.log import Adapter, LoggedCase
from seamless.replay.permit_receipt import PERMIT_RECEIPT_LOG
from seamless.replay.traces import BadLog, read_traces
from seamless.replay.traffic_fine import TRAFFIC_FINE_LOG

ADAPTERS: dict[str, Adapter] = {
    PERMIT_RECEIPT.procedure: PERMIT_RECEIPT_LOG,
    TRAFFIC_FINE.procedure: TRAFFIC_FINE_LOG,
}


def read_log(path: Path, adapter: Adapter) -> Iterator[LoggedCase]:
    """The cases of a log, in the file's order.

    Raises:
        BadLog: it cannot be read, or a case of it is none of this procedure.
    """
    for trace in read_traces(path):
        try:
            yield adapter.read(trace)
        except ValidationError as error:
            raise BadLog(f"{path}: case {trace.reference}: {refusal_of(error).detail}") from None
        except ValueError as error:
            raise BadLog(f"{path}: case {trace.reference}: {error}") from None
