"""What operators order, on ``operator.events``, and what they are told, on ``operator.replies``.

Whoever may write to ``operator.events`` may give any order: the broker's access rules must restrict it to the
operators. The topic is kept permanently, since only it names the person who gave an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, cast

from pydantic import Field

from contracts.terms.identifiers import AgencyId
from contracts.terms.levers import Lever
from contracts.terms.limits import Limit
from contracts.terms.values import Contract, Name, Text, absent
from contracts.wire.canonical import sha256
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Refused, Taken, message_of
from contracts.wire.notices import RefusedNotice

NOT_THE_ORDER = frozenset({"officer", "desk", "on_behalf_of", "why", "confirms"})
"""The fields that say who ordered something and why, and not what."""


class Order(Contract):
    """What every order says.

    ``officer`` is who gives it, as the operating system reports it; the ledger has a pseudonym instead.
    ``desk`` is the machine on which it was given, ``on_behalf_of`` for whom, as the officer says.
    ``confirms`` is the id of the same order of another person, where two are needed.
    """

    lever: ClassVar[Lever]

    officer: Name
    desk: Name | None = Field(default=None, exclude_if=absent)
    on_behalf_of: Text | None = Field(default=None, exclude_if=absent)
    why: Text
    confirms: Text | None = Field(default=None, exclude_if=absent)


# --- about a case: the event's subject is the case id ------------------------------------------------------


class CancelOrdered(Order, Message, name="operator.cancel-ordered", sender="operator", to="platform"):
    """End the case, decided or not. The applicant and the agencies that were asked are told why."""

    lever = "cancel"


class ResendOrdered(
    Order, Message, name="operator.resend-ordered", sender="operator", to="platform", about="request"
):
    """Send an open request to its agency again, with its current content."""

    lever = "resend"


class MoveOrdered(
    Order, Message, name="operator.move-ordered", sender="operator", to="platform", about="request"
):
    """Let ``agency`` answer an open request in the place of the one that has it. Its limit starts again."""

    lever = "move"

    agency: AgencyId


class ExtendOrdered(Order, Message, name="operator.extend-ordered", sender="operator", to="platform"):
    """Extend the limits of the case by ``limit``, as the rule ``basis`` of its law allows.

    ``approver`` is the agency that has approved it, which the law names, and ``approval`` its reference for
    it.
    """

    lever = "extend"

    basis: Text
    limit: Limit
    approver: AgencyId
    approval: Text


class ReleaseOrdered(Order, Message, name="operator.release-ordered", sender="operator", to="platform"):
    """Let the consequence of a limit take effect that is held: of the step, the stage or the limit of the
    case, ``statutory`` or ``promised``, that ``step`` names."""

    lever = "release"

    step: Text


# --- about a party: the event's subject is the party, ``agency:<id>`` or ``channel:<id>`` ------------------


class PauseOrdered(
    Order, Message, name="operator.pause-ordered", sender="operator", to="platform", about="party"
):
    """Let nothing follow from the silence of this agency until it is resumed. It may still answer."""

    lever = "pause"


class ResumeOrdered(
    Order, Message, name="operator.resume-ordered", sender="operator", to="platform", about="party"
):
    """The agency is no longer paused."""

    lever = "resume"


class QuarantineOrdered(
    Order, Message, name="operator.quarantine-ordered", sender="operator", to="platform", about="party"
):
    """Admit nothing that this party says: it is kept among the dead letters, and may be replayed."""

    lever = "quarantine"


class ReadmitOrdered(
    Order, Message, name="operator.readmit-ordered", sender="operator", to="platform", about="party"
):
    """The party's events are admitted again."""

    lever = "readmit"


LEVERS: Mapping[str, Lever] = MappingProxyType(
    {
        each.type: each.lever
        for each in (
            CancelOrdered,
            ResendOrdered,
            MoveOrdered,
            ExtendOrdered,
            ReleaseOrdered,
            PauseOrdered,
            ResumeOrdered,
            QuarantineOrdered,
            ReadmitOrdered,
        )
    }
)
"""The levers, by the types of the events that order them."""

# --- platform to operators: topic operator.replies ---------------------------------------------------------


class OrderTaken(Taken, name="order.taken", sender="platform", to="operator"):
    """Your order took effect."""


class OrderProposed(Message, name="order.proposed", sender="platform", to="operator"):
    """Your order ``event`` needs two persons. It takes effect once another one confirms it."""

    event: str
    lever: Lever


class OrderRefused(Refused, name="order.refused", sender="platform", to="operator"):
    """Your order was refused, as :class:`Refused` says."""


REFUSED_AS: Mapping[str, type[Refused]] = MappingProxyType(
    {"agency": Refused, "channel": RefusedNotice, "operator": OrderRefused}
)
"""How the sender of an event is told that it was refused, by the kind of party."""


def order_of(event: Event) -> Order:
    """The order that an operator's event carries.

    Raises:
        Refusal: it is none.
    """
    return cast(Order, message_of(event, "operator"))


def ordered(event: Event) -> str:
    """A digest of what an order says, without who gave it and why: a confirmation has the same as the order
    that it confirms."""
    what: dict[str, Any] = {name: each for name, each in event.data.items() if name not in NOT_THE_ORDER}
    return sha256(event.said | {"data": what, "subject": event.subject})
