"""The opening of an explored case: always the same, except for procedure, law version and application."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.platform import Opened
from contracts.terms.directory import Directory
from contracts.terms.identifiers import CaseId, ChannelId
from contracts.terms.law import LawVersion
from contracts.terms.values import Statement
from workflows.case import Procedure

DAY = timedelta(days=1)
CHANNEL = ChannelId("portal")
CASE = CaseId(f"{CHANNEL}-00000000-0000-7000-8000-000000000000")
FIRST_DAY = date(2026, 3, 2)
"""On which the application is handed in; or on the first day of a law version that is in force later."""

CALENDAR = f"compressed:{DAY.total_seconds():.0f}"
"""Each day is a working day: how long limits are in days of the calendar is computed from the graph."""


def opening(
    procedure: type[Procedure[Any]], law: LawVersion, application: Statement, directory: Directory
) -> Opened[Any]:
    """What a case begins with, at the instant at which it is ``received``."""
    opens = datetime.combine(max(law.since, FIRST_DAY), datetime.min.time(), UTC)
    return Opened[Any](
        case=CASE,
        procedure=procedure.item.procedure,
        law=law.id,
        variant=procedure.variant,
        administration=directory.administration,
        channel=CHANNEL,
        calendar=CALENDAR,
        checks=directory.checks(),
        application=application,
        cause="explored",
        secret="0" * 64,
        occurred=opens,
        received=opens,
    )
