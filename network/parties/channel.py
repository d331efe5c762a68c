"""Applications: checked before they are sent, and made into the event that opens a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import uuid_utils
from pydantic import BaseModel, ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import CaseId, ProcedureId
from contracts.wire.envelope import Event, channel_source
from contracts.wire.messages import APPLIED, Applied
from contracts.wire.topics import channel_events
from network.broker.publisher import Record


class Fault(NamedTuple):
    """One thing that is wrong with an application.

    Attributes:
        field: where, dotted: ``site.area``.
        message: what.
    """

    field: str
    message: str


class BadApplication(Exception):
    """An application that no procedure would take.

    Attributes:
        procedure: which it is for.
        faults: everything that is wrong with it.
    """

    def __init__(self, procedure: str, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in faults))
        self.procedure = procedure
        self.faults = faults


def check_application(procedure: str, application: object) -> BaseModel:
    """The application as the procedure reads it.

    Raises:
        BadApplication: the procedure does not exist, or the application does not fit it.
    """
    if procedure not in CATALOGUE:
        known = ", ".join(sorted(CATALOGUE))
        raise BadApplication(
            procedure, [Fault("procedure", f"there is no {procedure!r}; there are: {known}")]
        )
    try:
        return CATALOGUE[procedure].application.model_validate(application)
    except ValidationError as error:
        faults = [
            Fault(".".join(map(str, each["loc"])) or "application", each["msg"])
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadApplication(procedure, faults) from None


def new_case_id(channel: str) -> CaseId:
    """A fresh case id, as a channel mints it. Ids of one channel sort by the time of their making."""
    return CaseId(f"{channel}-{uuid_utils.uuid7()}")


def application_event(
    administration: str,
    case: CaseId,
    procedure: str,
    application: Mapping[str, Any] | BaseModel,
    *,
    event_id: str | None = None,
    time: datetime | None = None,
) -> Event:
    """The event with which the case's channel hands in an application.

    Args:
        application: taken as it is; :func:`check_application` says whether it will be accepted.
        event_id: a new one, unless given. Given again for the same case, it is the same event.
        time: when the applicant applied; now, unless given.
    """
    content = application.model_dump(mode="json") if isinstance(application, BaseModel) else dict(application)
    return Event(
        specversion="1.0",
        id=event_id or str(uuid_utils.uuid7()),
        source=channel_source(administration, case.channel),
        type=APPLIED,
        subject=case,
        partitionkey=case,
        time=time or datetime.now(UTC),
        data=Applied(procedure=ProcedureId(procedure), application=content).model_dump(mode="json"),
    )


def application_record(event: Event) -> Record:
    """The Kafka record of an application event, for the topic of its case's channel."""
    value, headers = event.encode()
    return Record(channel_events(CaseId(event.subject).channel), event.subject, value, headers)
