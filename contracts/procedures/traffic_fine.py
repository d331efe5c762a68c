"""The traffic fine: fines, reports, the hand-over to the credit collector, and the service item.

Italian law: the Codice della strada (d.lgs. 285/1992, "CdS") and l. 689/1981. A local police force makes the
fine, the post notifies it, the offender pays or appeals to the prefecture or to a judge, and what stays
unpaid is collected.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.terms.fees import FeeSchedule
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import calendar_days
from contracts.terms.reports import Report
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Day, Money, Statement, Text, absent

POLICE = AgencyId("police")
POST = AgencyId("post")
PREFECTURE = AgencyId("prefecture")
JUDGE = AgencyId("judge")
CREDIT_COLLECTOR = AgencyId("credit-collector")

PENALTY_DAY = 60
"""How many days after the notification the penalty is added, as the day begins (CdS art. 203(3))."""

APPEAL_DAYS = 60
"""How many days after the notification, the last included, an appeal may be filed (CdS art. 203, 204-bis)."""


class Euro(Money):
    """An amount in euro."""

    currency: Literal["EUR"] = "EUR"


class Fine(Statement):
    """A fine as the police made it.

    ``increased`` is what the amount becomes with the penalty: half of the most that the law sets for the
    article (CdS art. 203(3)). Where it is not known the amount doubles.
    """

    number: Text
    made: Day
    article: Text
    vehicle: Text
    points: int = Field(ge=0, le=30)
    officer: Text | None = Field(default=None, exclude_if=absent)
    amount: Euro
    increased: Euro | None = Field(default=None, exclude_if=absent)


class FineSent(Report, step="Send Fine", by=[POLICE]):
    """The fine is on its way to the offender, who also owes what that costs."""

    expense: Euro


class FineNotified(Report, step="Insert Fine Notification", by=[POST]):
    """The offender was notified on the legal day ``notified``, whenever it is reported: the limits run from
    it."""

    notified: Day


class AppealedToPrefecture(Report, step="Insert Date Appeal to Prefecture", by=[POLICE]):
    """The offender has appealed to the prefecture (CdS art. 203), on the legal day ``filed``."""

    filed: Day


class AppealSent(Report, step="Send Appeal to Prefecture", by=[POLICE]):
    """The police have sent the prefecture the appeal with their comments."""


class AppealDecided(Report, step="Receive Result Appeal from Prefecture", by=[PREFECTURE]):
    """The prefecture has decided. If the offender won, it also reports :class:`FineDismissed`."""


class DecisionNotified(Report, step="Notify Result Appeal to Offender", by=[POLICE]):
    """The offender was told what the prefecture decided."""


class AppealedToJudge(Report, step="Appeal to Judge", by=[JUDGE]):
    """The offender has appealed to the justice of the peace (CdS art. 204-bis) on the legal day ``filed``."""

    filed: Day


class FineDismissed(Report, step="Dismiss Fine", by=[POLICE, PREFECTURE, JUDGE]):
    """The fine is void: cancelled by the police, or an appeal was won; ``code`` is the reporter's word."""

    code: Text


class CollectionOrdered(Report, step="Send for Credit Collection", by=[POLICE]):
    """What is unpaid goes to the credit collector (CdS art. 206, l. 689/1981 art. 27)."""


class FineClosed(Report, step="Close Fine", by=[POLICE]):
    """The police close the file: nothing more is to come."""


class CollectDebt(
    HandOver,
    agency=CREDIT_COLLECTOR,
    basis="CdS art. 206; l. 689/1981 art. 27: a debt that is sent is the collector's",
):
    """Collect the unpaid part of a fine; nothing, if it is sent although it was paid."""

    fine: Text
    debt: Euro


def euro(amount: Decimal) -> Euro:
    """An amount in euro, to the cent."""
    return Euro(amount=amount.quantize(Decimal("0.01")))


EXAMPLE = Fine(
    number="F1",
    made=date(2026, 1, 10),
    article="157",
    vehicle="A",
    points=0,
    amount=euro(Decimal(40)),
    increased=euro(Decimal(80)),
)

LOWERED = EXAMPLE.model_copy(update={"number": "F2", "increased": euro(Decimal(30))})
"""As some in the log: with the penalty it is lower than it was."""

TRAFFIC_FINE = ServiceItem(
    procedure=ProcedureId("traffic-fine"),
    code="seamless-demo-0003",
    name=Bilingual(zh="交通违法罚款", en="Traffic fine"),
    application=Fine,
    lead=POLICE,
    examples=(EXAMPLE, LOWERED),
    laws=(
        LawVersion(
            id="cds-1992",
            basis="Codice della strada, d.lgs. 285/1992",
            since=date(1993, 1, 1),
            statutory=calendar_days(60),
            promised=calendar_days(60),
            fees=FeeSchedule(currency="EUR"),
            reasons={
                "penalty": Reason(
                    zh="送达后第六十日未了结，加处罚款。",
                    en="The sixtieth day after the notification has begun.",
                    basis="CdS art. 203(3)",
                    charges=True,
                )
            },
        ),
    ),
    hand_overs=(CollectDebt,),
    withdrawable=False,
    reporters=(POST, PREFECTURE, JUDGE),
    titles={
        "application": Bilingual(zh="开具罚单", en="Fine made"),
        "Send Fine": Bilingual(zh="寄出罚单", en="Send fine"),
        "Insert Fine Notification": Bilingual(zh="登记送达", en="Insert fine notification"),
        "Insert Date Appeal to Prefecture": Bilingual(
            zh="登记向省督府申诉", en="Insert date of appeal to prefecture"
        ),
        "Send Appeal to Prefecture": Bilingual(zh="向省督府移送申诉", en="Send appeal to prefecture"),
        "Receive Result Appeal from Prefecture": Bilingual(
            zh="收到省督府决定", en="Receive result of appeal from prefecture"
        ),
        "Notify Result Appeal to Offender": Bilingual(
            zh="告知当事人申诉结果", en="Notify offender of result of appeal"
        ),
        "Appeal to Judge": Bilingual(zh="向法官起诉", en="Appeal to judge"),
        "Dismiss Fine": Bilingual(zh="撤销罚单", en="Dismiss fine"),
        "Send for Credit Collection": Bilingual(zh="移送征收", en="Send for credit collection"),
        "Close Fine": Bilingual(zh="结案", en="Close fine"),
        "collect-debt": Bilingual(zh="征收欠款", en="Collect the debt"),
    },
    outcomes={
        "collected": Bilingual(zh="已移送征收", en="collected"),
        "open": Bilingual(zh="未缴清", en="open"),
        "paid": Bilingual(zh="已缴清", en="paid"),
        "dismissed": Bilingual(zh="已撤销", en="dismissed"),
    },
    consequences=Bilingual(
        zh="送达之日起第六十日，加处罚款；逾期未缴的移送征收机构。",
        en="On the sixtieth day after the notification the penalty is added; what stays unpaid is collected.",
    ),
    statuses={
        "settled": Bilingual(zh="已缴清。", en="Paid in full."),
        "dismissed": Bilingual(zh="罚款已撤销。", en="The fine is dismissed."),
    },
    flags={
        "appeal-after-60-days": Bilingual(zh="申诉逾期。", en="The appeal was filed after its limit."),
        "appeal-before-notification": Bilingual(
            zh="送达之前已申诉。", en="The appeal was filed before the notification."
        ),
        "appeal-although-paid": Bilingual(zh="已缴清仍申诉。", en="An appeal although the fine was paid."),
        "step-without-appeal": Bilingual(
            zh="没有申诉而有申诉程序。", en="A step of an appeal that nobody has filed."
        ),
        "sent-although-paid": Bilingual(zh="已缴清仍发出。", en="Sent although it was paid."),
        "sent-although-dismissed": Bilingual(zh="已撤销仍发出。", en="Sent although it was dismissed."),
        "notified-before-sent": Bilingual(zh="未发出而已送达。", en="Notified before it was sent."),
        "penalty-although-paid": Bilingual(
            zh="已缴清仍加处罚款。", en="The penalty's day came although the fine was paid; nothing is owed."
        ),
        "penalty-although-dismissed": Bilingual(
            zh="已撤销仍加处罚款。",
            en="The penalty's day came although the fine was dismissed; nothing is owed.",
        ),
        "penalty-below-fine": Bilingual(
            zh="加处后的金额低于原罚款。", en="With the penalty the fine is lower than it was."
        ),
        "payment-although-dismissed": Bilingual(
            zh="已撤销仍缴款。", en="A payment although the fine was dismissed."
        ),
        "payment-although-paid": Bilingual(zh="已缴清仍缴款。", en="A payment although nothing was owed."),
        "overpaid": Bilingual(zh="多缴。", en="More was paid than was owed."),
        "collection-although-paid": Bilingual(zh="已缴清仍移送征收。", en="Collection although it was paid."),
        "collection-although-dismissed": Bilingual(
            zh="已撤销仍移送征收。", en="Collection although it was dismissed."
        ),
        "collection-before-penalty": Bilingual(
            zh="加处罚款之前移送征收。", en="Collection before the penalty was due."
        ),
        "doubled-step": Bilingual(zh="重复的步骤。", en="A step that was reported already."),
    },
)
