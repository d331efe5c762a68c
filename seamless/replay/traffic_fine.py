"""The log of an Italian local police force: the Road Traffic Fine Management Process (4TU)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from contracts.procedures.traffic_fine import (
    CREDIT_COLLECTOR,
    JUDGE,
    PENALTY_DAY,
    POLICE,
    POST,
    PREFECTURE,
    AppealDecided,
    AppealedToJudge,
    AppealedToPrefecture,
    AppealSent,
    CollectionOrdered,
    DecisionNotified,
    Fine,
    FineDismissed,
    FineNotified,
    FineSent,
    euro,
)
from contracts.terms.calendar import calendar
from contracts.terms.reports import REPORTS, Report
from contracts.terms.values import Money
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Paid, Reported
from seamless.replay.log import Adapter, LoggedAct, LoggedCase, LoggedStep
from seamless.replay.traces import ACTIVITY, TIME, Trace

CALENDAR = "it-2026.1"
ROME = ZoneInfo("Europe/Rome")
NOON = time(12)
"""The log has days only. Noon is clearly after what the midnight before brings, and before the next."""

CREATE, ADD_PENALTY, PAYMENT = "Create Fine", "Add penalty", "Payment"
NOTHING_PAID = "payment-of-nothing"
"""A row of a payment of 0.00: nothing was paid, and the platform takes no such payment."""
PENALTY = "penalty"

DISMISSED_BY = {"G": JUDGE, "#": PREFECTURE}
"""Who dismissed a fine, by the letter of the log; with any other the police cancelled it, with NIL nobody."""

NAMES = {
    "amount": ("amount_eur", "amount"),
    "expense": ("expense_eur", "expense"),
    "payment": ("payment_eur", "paymentAmount"),
    "vehicle": ("vehicle_class", "vehicleClass"),
}
"""What is called one way in the CSV and another in the XES of the same log."""


def read_case(trace: Trace) -> LoggedCase:
    """The case of a trace.

    Raises:
        ValueError: no fine was made, or a value is not what it has to be; the message names it.
    """
    rows = sorted(trace.events, key=_day)
    events = [row for row in rows if not _pays_nothing(row)]
    made = next((event for event in events if event[ACTIVITY] == CREATE), None)
    if made is None:
        raise ValueError(f"it has no {CREATE!r}")
    acts = [
        LoggedAct(ADD_PENALTY, _noon(event), PENALTY) for event in events if event[ACTIVITY] == ADD_PENALTY
    ]
    steps = list(_dismissal(made))
    for number, event in enumerate(events):
        if event is not made and event[ACTIVITY] != ADD_PENALTY:
            steps.append(_step(event, f"{trace.reference}/{number}"))
            steps += _dismissal(event)
    notified = [_day(event) for event in events if event[ACTIVITY] == FineNotified.step]
    due = [_at(day + timedelta(days=PENALTY_DAY)) for day in notified[:1]]
    return LoggedCase(
        reference=trace.reference,
        opening=CREATE,
        received=_noon(made),
        application=_fine(trace.reference, made, events),
        steps=steps,
        acts=acts,
        until=max([_noon(rows[-1]), *due]),
        closes=any(event[ACTIVITY] == CollectionOrdered.step for event in events),
        noticed=[NOTHING_PAID] * (len(rows) - len(events)),
    )


def _pays_nothing(event: dict[str, str]) -> bool:
    return event[ACTIVITY] == PAYMENT and not _money(event, "payment").amount


def _fine(reference: str, made: dict[str, str], events: Sequence[dict[str, str]]) -> Fine:
    """The fine. What it becomes with the penalty is known from its article; the log shows that later."""
    later = next((event for event in events if event[ACTIVITY] == ADD_PENALTY), {})
    return Fine(
        number=reference,
        made=_day(made),
        article=made.get("article", "unknown"),
        vehicle=_value(made, "vehicle") or "unknown",
        points=int(Decimal(made.get("points", "0"))),
        officer=made.get("org:resource"),
        amount=_money(made, "amount"),
        increased=_money(later, "amount") if _value(later, "amount") else None,
    )


def _step(event: dict[str, str], reference: str) -> LoggedStep:
    activity, at = event[ACTIVITY], _noon(event)
    if activity == PAYMENT:
        paid = Paid(amount=_money(event, "payment"), reference=reference)
        return LoggedStep(activity, at, None, paid)
    report = REPORTING[activity](event) if activity in REPORTING else None
    content = report.model_dump(mode="json") if report else {}
    by = REPORTS[activity].by[0] if activity in REPORTS else POLICE
    reported = Reported(step=activity, officer=event.get("org:resource"), content=content)
    return LoggedStep(activity, at, by, reported)


def _dismissal(event: dict[str, str]) -> Iterator[LoggedStep]:
    """The log tells it as a letter on another step; here whoever dismissed the fine says so."""
    letter = event.get("dismissal", "NIL")
    if letter != "NIL":
        reported = Reported(
            step=FineDismissed.step, content=FineDismissed(code=letter).model_dump(mode="json")
        )
        by = DISMISSED_BY.get(letter, POLICE)
        yield LoggedStep(reported.step, _noon(event), by, reported, counts=False)


REPORTING: dict[str, Callable[[dict[str, str]], Report]] = {
    FineSent.step: lambda event: FineSent(expense=_money(event, "expense", otherwise="0")),
    FineNotified.step: lambda event: FineNotified(notified=_day(event)),
    AppealedToPrefecture.step: lambda event: AppealedToPrefecture(filed=_day(event)),
    AppealSent.step: lambda event: AppealSent(),
    AppealDecided.step: lambda event: AppealDecided(),
    DecisionNotified.step: lambda event: DecisionNotified(),
    AppealedToJudge.step: lambda event: AppealedToJudge(filed=_day(event)),
    CollectionOrdered.step: lambda event: CollectionOrdered(),
}
"""What each activity of the log reports. Another one is reported by its name, and nobody waits for it."""


def _value(event: dict[str, str], field: str) -> str | None:
    return next((event[name] for name in NAMES[field] if name in event), None)


def _money(event: dict[str, str], field: str, otherwise: str | None = None) -> Money:
    text = _value(event, field) or otherwise
    if text is None:
        raise ValueError(f"{event[ACTIVITY]!r} of {event[TIME]} has no {' or '.join(NAMES[field])}")
    try:
        return euro(Decimal(text))
    except InvalidOperation:
        raise ValueError(f"{event[ACTIVITY]!r} of {event[TIME]}: {text!r} is no amount") from None


def _day(event: dict[str, str]) -> date:
    """The legal day of an event."""
    at = datetime.fromisoformat(event[TIME])
    return at.astimezone(ROME).date() if at.tzinfo else at.date()


def _at(day: date) -> datetime:
    return datetime.combine(day, NOON, ROME).astimezone(UTC)


def _noon(event: dict[str, str]) -> datetime:
    return _at(_day(event))


# --- what a case is asked afterwards ------------------------------------------------------------------------


def outcome_of(entries: Sequence[LedgerEntry]) -> str:
    """Where a fine is in the end: collection ends it; a dismissal voids it, also when it was paid."""
    marks = {entry.outcome for entry in entries if entry.kind == "marked"}
    decided = next((entry.data for entry in entries if entry.kind == "decided"), None)
    if decided and decided.content["decision"].get("result") == "collected":
        return "collected"
    return "dismissed" if "dismissed" in marks else "paid" if "settled" in marks else "open"


def figures(entries: Sequence[LedgerEntry]) -> Mapping[str, int]:
    """How many penalties the platform added, and how many of them on day 60 after the notification.

    On the day means that the case recorded it on that day; and where the notification was reported after it,
    that the penalty is of that day nevertheless.
    """
    rome = calendar(CALENDAR)
    penalties = [entry for entry in entries if entry.kind == "charged" and entry.reason == PENALTY]
    notified = next(
        (entry for entry in entries if entry.kind == "reported" and entry.outcome == FineNotified.step), None
    )
    on_the_day = 0
    if notified is not None and notified.data is not None:
        day = date.fromisoformat(notified.data.content["content"]["notified"]) + timedelta(days=PENALTY_DAY)
        for penalty in penalties:
            when = penalty.recorded if rome.day(notified.recorded) < day else penalty.occurred
            on_the_day += rome.day(when) == day == rome.day(penalty.occurred)
    return {"penalties": len(penalties), "penalties_on_day_60": on_the_day}


TRAFFIC_FINE_LOG = Adapter(
    parties=(POLICE, POST, PREFECTURE, JUDGE, CREDIT_COLLECTOR),
    calendar=CALENDAR,
    read=read_case,
    acts={PENALTY: ("charged", PENALTY)},
    outcomes=("paid", "dismissed", "collected", "open"),
    outcome_of=outcome_of,
    figures=figures,
)
