"""The fines of a log, counted straight from its rows: nothing of the platform is used here.

The reader's own understanding of the procedure, to hold against what the platform did.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TextIO

Row = dict[str, str]
LIMIT = timedelta(days=60)
APPEALS = ("Insert Date Appeal to Prefecture", "Appeal to Judge")
OF_AN_APPEAL = (
    "Send Appeal to Prefecture",
    "Receive Result Appeal from Prefecture",
    "Notify Result Appeal to Offender",
)


@dataclass
class Counted:
    """What the rows of a case come to."""

    outcome: str = "open"
    events: int = 0
    penalties: list[date] = field(default_factory=list)
    flags: Counter[str] = field(default_factory=Counter)


def count(log: Path, limit: int | None = None) -> dict[str, Counted]:
    """Every case of a log by its id."""
    with _open(log) as rows:
        cases: dict[str, list[Row]] = {}
        for row in csv.DictReader(rows):
            cases.setdefault(row["case_id"], []).append(row)
    return {case: _count(rows) for case, rows in islice(cases.items(), limit)}


def total(cases: Iterable[Counted]) -> dict[str, object]:
    """The same figures as in the report of ``seamless replay``."""
    cases = list(cases)
    outcomes = Counter(case.outcome for case in cases)
    flags: Counter[str] = Counter()
    for case in cases:
        flags.update(case.flags)
    return {
        "cases": len(cases),
        "events": sum(case.events for case in cases),
        "penalties": sum(len(case.penalties) for case in cases),
        **{outcome: outcomes[outcome] for outcome in ("paid", "dismissed", "collected", "open")},
        "flags": dict(sorted(flags.items())),
    }


def _open(log: Path) -> TextIO:
    return gzip.open(log, "rt", encoding="utf-8") if log.suffix == ".gz" else log.open(encoding="utf-8")


def _count(rows: list[Row]) -> Counted:
    made = Counted(events=len(rows))
    owed = paid = Decimal(0)
    amount = Decimal(0)
    settled = dismissed = sent = appealed = penalised = False
    notified: date | None = None

    def settle() -> None:
        nonlocal settled
        if not settled and not dismissed and paid >= owed:
            settled = True
            made.flags["overpaid"] += paid > owed

    def although(what: str) -> None:
        made.flags.update([f"{what}-although-paid"] * settled + [f"{what}-although-dismissed"] * dismissed)

    for row in rows:
        activity, day = row["activity"], date.fromisoformat(row["timestamp"])
        match activity:
            case "Create Fine":
                amount = owed = Decimal(row["amount_eur"])
            case "Send Fine" if sent:
                made.flags["doubled-step"] += 1
            case "Send Fine":
                although("sent")
                owed += Decimal(row["expense_eur"])
                sent = True
            case "Insert Fine Notification" if notified:
                made.flags["doubled-step"] += 1
            case "Insert Fine Notification":
                notified = day
                made.flags["notified-before-sent"] += not sent
            case "Add penalty":
                although("penalty")
                made.flags["penalty-below-fine"] += Decimal(row["amount_eur"]) < amount
                owed += Decimal(row["amount_eur"]) - amount
                made.penalties.append(day)
                penalised = True
                settle()
            case "Payment" if not Decimal(row["payment_eur"]):
                made.flags["payment-of-nothing"] += 1
            case "Payment":
                although("payment")
                paid += Decimal(row["payment_eur"])
                settle()
            case _ if activity in APPEALS:
                appealed = appealed or activity == APPEALS[0]
                made.flags["appeal-before-notification"] += notified is None
                made.flags["appeal-after-60-days"] += notified is not None and day > notified + LIMIT
                made.flags["appeal-although-paid"] += settled
            case _ if activity in OF_AN_APPEAL:
                made.flags["step-without-appeal"] += not appealed
            case "Send for Credit Collection":
                although("collection")
                made.flags["collection-before-penalty"] += not penalised
                made.outcome = "collected"
        dismissed = dismissed or row["dismissal"] not in ("", "NIL")
    if made.outcome == "open":
        made.outcome = "dismissed" if dismissed else "paid" if settled else "open"
    made.flags = +made.flags
    return made
