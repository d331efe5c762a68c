"""The receipt phase of an environmental building permit (Dutch Wabo), as ten municipal groups work on it.

The law gives eight weeks, once extendable by six (Wabo art. 3.9). The groups work in the
municipality's back office: they report their steps without being asked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from pydantic import Field

from contracts.terms.clock_rules import Extension
from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion
from contracts.terms.limits import TERMIJNENWET, weeks
from contracts.terms.reports import Report
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Instant, Statement, Text, absent

MUNICIPALITY = AgencyId("municipality")


class ReceiptConfirmed(Report, step="Confirmation of receipt"):
    """The receipt of the request is confirmed."""


class ConfirmationChecked(Report, step="T02 Check confirmation of receipt"):
    """The confirmation was looked over."""


class ConfirmationDetermined(Report, step="T04 Determine confirmation of receipt"):
    """The confirmation is as it will be sent."""


class ConfirmationSent(Report, step="T05 Print and send confirmation of receipt"):
    """The confirmation is on its way to the applicant."""


class StopAdviceDetermined(Report, step="T06 Determine necessity of stop advice"):
    """Whether advice is needed on stopping the procedure."""


class StopDetermined(Report, step="T10 Determine necessity to stop indication"):
    """Whether the procedure has to be stopped."""


class PhaseClosed(Report, step="Receipt phase closed"):
    """The receipt phase has ended."""


class PermitRequest(Statement):
    """A permit request as it reached the municipality.

    ``reference`` is the file's number there, ``received`` when the request came in, ``deadline`` the end
    of the eight weeks as the municipality computed it.
    """

    reference: Text
    by: Literal["Internet", "Desk", "Post", "e-mail", "Intern"]
    department: Text
    group: Text | None = Field(default=None, exclude_if=absent)
    received: Instant
    deadline: Instant | None = Field(default=None, exclude_if=absent)


EXAMPLE = PermitRequest(
    reference="case-10011",
    by="Desk",
    department="General",
    received=datetime(2011, 10, 11, 11, 42, tzinfo=UTC),
)

PERMIT_RECEIPT = ServiceItem(
    procedure=ProcedureId("permit-receipt"),
    code="seamless-demo-0002",
    name=Bilingual(zh="环境许可申请接收", en="Receipt of an environmental permit request"),
    application=PermitRequest,
    lead=MUNICIPALITY,
    reporters=None,
    examples=(EXAMPLE,),
    laws=(
        LawVersion(
            id="wabo-2010",
            basis="Wet algemene bepalingen omgevingsrecht",
            since=date(2010, 10, 1),
            statutory=weeks(8),
            promised=weeks(8),
            counting=TERMIJNENWET,
            starts="opened",
            extensions=(Extension(basis="Wabo art. 3.9(2)", limit=weeks(6)),),
            fees=FeeSchedule(currency="EUR"),
        ),
    ),
    titles={
        "Confirmation of receipt": Bilingual(zh="确认收件", en="Confirmation of receipt"),
        "T02 Check confirmation of receipt": Bilingual(
            zh="T02 核对收件确认", en="T02 Check confirmation of receipt"
        ),
        "T04 Determine confirmation of receipt": Bilingual(
            zh="T04 审定收件确认", en="T04 Determine confirmation of receipt"
        ),
        "T05 Print and send confirmation of receipt": Bilingual(
            zh="T05 打印并发送收件确认", en="T05 Print and send confirmation of receipt"
        ),
        "T06 Determine necessity of stop advice": Bilingual(
            zh="T06 判断是否需要中止意见", en="T06 Determine necessity of stop advice"
        ),
        "T10 Determine necessity to stop indication": Bilingual(
            zh="T10 判断是否需要中止", en="T10 Determine necessity to stop indication"
        ),
        "Receipt phase closed": Bilingual(zh="接收阶段结束", en="Receipt phase closed"),
    },
    outcomes={
        "received": Bilingual(zh="已接收", en="received"),
    },
    consequences=Bilingual(zh="接收阶段无默示后果。", en="Silence has no consequence in the receipt phase."),
)
