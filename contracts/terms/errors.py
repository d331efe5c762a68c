"""Errors: what is wrong with a message or a setting, in words that whoever caused it understands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import ValidationError

from contracts.terms.bounds import printable
from contracts.terms.values import BOUNDS, Bilingual

REASONS: dict[str, Bilingual] = {
    "not-json": Bilingual(zh="消息不是有效的 JSON。", en="The message is not valid JSON."),
    "invalid": Bilingual(zh="消息内容不符合约定的格式。", en="The message does not fit its contract."),
    "unknown-type": Bilingual(zh="不认识的事件类型。", en="This event type is not known here."),
    "unknown-procedure": Bilingual(zh="没有这个事项。", en="There is no such procedure."),
    "procedure-not-open": Bilingual(
        zh="该事项暂不受理新申请。", en="The procedure takes no new applications at present."
    ),
    "unknown-case": Bilingual(zh="没有这个办件。", en="There is no such case."),
    "unknown-request": Bilingual(zh="没有这项征询。", en="The case made no such request."),
    "request-closed": Bilingual(zh="该征询已经结束。", en="The request is no longer open."),
    "unknown-question": Bilingual(zh="没有这项提问。", en="The case has asked no such question."),
    "not-asked": Bilingual(zh="办件未要求补正。", en="The case has not asked for a supplement."),
    "id-reused": Bilingual(
        zh="该事件标识已用于内容不同的事件。",
        en="Another event of yours has this id.",
    ),
    "payment-known": Bilingual(zh="该笔缴款已经入账。", en="The payment of this reference counts already."),
    "wrong-currency": Bilingual(zh="币种不符。", en="The case takes payments in another currency."),
    "too-large": Bilingual(zh="消息超过大小上限。", en="The message is larger than the limit."),
    "wrong-source": Bilingual(zh="发送方与主题不符。", en="The sender may not speak here."),
    "wrong-key": Bilingual(zh="消息键与办件编号不符。", en="The key of the message is not its case."),
    "conflict": Bilingual(
        zh="同一办件编号已有另一份申请。", en="Another application already stands under this case id."
    ),
    "case-closed": Bilingual(zh="办件已经办结。", en="The case is closed."),
    "too-many-events": Bilingual(zh="办件收到的事件过多。", en="The case takes no more events at present."),
    "unreadable": Bilingual(zh="消息无法读取。", en="The record cannot be read."),
    "internal": Bilingual(zh="平台未能处理该消息。", en="The platform failed to process the message."),
    "not-withdrawable": Bilingual(zh="此类办件不能撤回。", en="Cases of this procedure cannot be withdrawn."),
    "not-overdue": Bilingual(zh="决定尚未逾期。", en="The decision is not overdue."),
    "no-penalty": Bilingual(
        zh="此类办件逾期不产生逾期金。", en="No penalty payment follows by law from a late decision here."
    ),
    "already-noticed": Bilingual(zh="已经催告。", en="Notice of default was given already."),
    "already-decided": Bilingual(zh="办件已经作出决定。", en="The case is decided already."),
    "quarantined": Bilingual(
        zh="发送方的消息由平台暂存，尚未送达办件。",
        en="The platform keeps the messages of this sender back from their cases.",
    ),
    "not-possible": Bilingual(zh="该指令目前无法执行。", en="The order cannot be carried out at present."),
    "unknown-order": Bilingual(zh="没有这项待确认的指令。", en="No such order waits to be confirmed."),
    "same-person": Bilingual(
        zh="须由另一人确认。", en="Somebody else has to confirm it than who said it first."
    ),
}
"""Why the platform refuses a message: code to sentence. A procedure's own reasons are in its service item."""


PLATFORM_FAULTS = frozenset(
    {"procedure-not-open", "unknown-case", "too-many-events", "quarantined", "unreadable", "internal"}
)
"""Reasons that may be the platform's fault. Until an operator has settled such a dead letter, no consequence
binds in its case: it may have come in time."""

FAULTS_TOLD = 20
"""How many faults of one message its sender is told in one sentence."""


class SeamlessError(Exception):
    """Something that a person can act on: its text says in one sentence what is wrong and what to do.

    Programs that people run show the text without a traceback.
    """


class InvalidInput(SeamlessError):
    """A person's mistake: a setting, an option, a file or an identifier that cannot be used."""


class Unavailable(SeamlessError):
    """A server cannot be reached, or is not set up as required."""


class Damaged(SeamlessError):
    """Stored data is not what was written."""


class Fault(NamedTuple):
    """One thing that is wrong with a message.

    Attributes:
        field: where, dotted, as in ``data.application.site.area``; empty for the message as a whole.
        message: what.
    """

    field: str
    message: str


class Refusal(SeamlessError):
    """A message that can never take effect.

    Its texts may quote what was refused: what no message can carry is replaced in them, and they are cut.

    Attributes:
        reason: a key of :data:`REASONS`.
        detail: what exactly is wrong and how to correct it, one sentence.
        field: the field at fault, dotted, where there is one.
        faults: everything that is wrong, where a contract found more than one fault.
    """

    def __init__(
        self, reason: str, detail: str, field: str | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        detail, field = printable(detail), field and printable(field)
        super().__init__(f"{reason}: {detail}" + (f" (field {field})" if field else ""))
        self.reason = reason
        self.detail = detail
        self.field = field
        self.faults = tuple(faults) or (Fault(field or "", detail.removeprefix(f"{field}: ")),)


def faults_of(error: ValidationError, under: str = "") -> list[Fault]:
    """What a contract found wrong, each fault with its dotted field below ``under``."""
    found: list[Fault] = []
    for each in error.errors(include_url=False, include_input=False):
        inside = each.get("ctx", {}).get("path", ()) if each["type"] == BOUNDS else ()
        place = ".".join([*([under] if under else []), *(str(part) for part in (*each["loc"], *inside))])
        found.append(Fault(printable(place), printable(each["msg"])))
    return found


def refusal_of(error: ValidationError, under: str = "") -> Refusal:
    """The refusal for what a contract found wrong: the faults in the detail, the first as the field."""
    faults = faults_of(error, under)
    told = [f"{field or 'message'}: {message}" for field, message in faults[:FAULTS_TOLD]]
    more = [f"and {len(faults) - FAULTS_TOLD} more"] if len(faults) > FAULTS_TOLD else []
    return Refusal("invalid", "; ".join(told + more), faults[0].field or None, faults)
