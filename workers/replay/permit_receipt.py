"""The log of the receipt phase of Dutch permit files, as CSV with XES column names."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from contracts.dialogue import Reported
from contracts.identifiers import AgencyId
from contracts.permit_receipt import MUNICIPALITY, PHASE_CLOSED, PermitRequest
from workers.replay.log import BadLog, LoggedCase, LoggedStep

COLUMNS = {
    "case:concept:name",
    "case:channel",
    "case:startdate",
    "concept:name",
    "org:group",
    "time:timestamp",
}


def read_log(path: Path) -> Iterator[LoggedCase]:
    """The cases of the log, in the file's order. A step whose group is not recorded is the municipality's.

    Raises:
        BadLog: it cannot be read, a column is missing, or a value is not what the column has to hold.
    """
    cases: dict[str, list[dict[str, str]]] = {}
    try:
        with _text(path) as text:
            rows = csv.DictReader(text)
            if missing := COLUMNS - set(rows.fieldnames or ()):
                raise BadLog(f"{path}: the log lacks the columns {', '.join(sorted(missing))}")
            for row in rows:
                cases.setdefault(row["case:concept:name"], []).append(row)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise BadLog(f"{path}: {error}") from None
    for reference, steps in cases.items():
        try:
            yield _case(reference, steps)
        except (ValidationError, ValueError) as error:
            raise BadLog(f"{path}: case {reference}: {error}") from None


def _text(path: Path) -> io.TextIOWrapper:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _case(reference: str, rows: list[dict[str, str]]) -> LoggedCase:
    first = rows[0]
    received = datetime.fromisoformat(first["case:startdate"])
    request = PermitRequest.model_validate(
        {
            "reference": reference,
            "by": first["case:channel"],
            "department": first.get("case:department") or "General",
            "group": first.get("case:group") or None,
            "received": received,
            "deadline": first.get("case:deadline") or None,
        }
    )
    steps = [_step(row) for row in rows]
    if ended := first.get("case:enddate"):
        closing = Reported(step=PHASE_CLOSED)
        steps.append(LoggedStep(MUNICIPALITY, datetime.fromisoformat(ended), closing, closes=True))
    return LoggedCase(reference, received, request, steps)


def _step(row: dict[str, str]) -> LoggedStep:
    group = row["org:group"]
    agency = AgencyId(group.lower().replace(" ", "-")) if group.startswith("Group ") else MUNICIPALITY
    report = Reported(
        step=row["concept:name"],
        officer=row.get("org:resource") or None,
        content={"instance": row["concept:instance"]},
    )
    return LoggedStep(agency, datetime.fromisoformat(row["time:timestamp"]), report)
