"""What an entry of the ledger does to the clock of its case."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.clock_rules import StoppedFor
from contracts.terms.limits import Counting, Limit
from contracts.terms.values import Contract, Text, absent

Does = Literal["start", "suspend", "resume", "extend", "count-anew", "stop"]


class ClockMark(Contract):
    """One thing that happens to the legal clock of a case. The marks of a case, in order, give its clock.

    ``start``: the limits ``statutory`` and ``promised`` begin, counted by ``counting`` and ``calendar``.
    ``suspend``: time does not count, for ``kind``; if it ``interrupts``, the limits begin again afterwards.
    ``resume``: it counts again, as far as nothing else is suspended. ``extend``: both limits are longer by
    ``limit``. ``count-anew``: the days of another ``calendar`` version apply, from the beginning on; they are
    ``days``. ``stop``: the case is decided.

    Attributes:
        at: the instant from which it applies, which may be before the entry: an answer counts from when the
            broker received it.
        step: which suspension is begun or ended.
        due, promised_due: when the limits end after this; None while time does not count.
        provisional: the statutory limit reaches beyond what the calendar knows.
    """

    does: Does
    at: AwareDatetime
    step: Text | None = Field(default=None, exclude_if=absent)
    statutory: Limit | None = Field(default=None, exclude_if=absent)
    promised: Limit | None = Field(default=None, exclude_if=absent)
    counting: Counting | None = Field(default=None, exclude_if=absent)
    calendar: Text | None = Field(default=None, exclude_if=absent)
    days: CalendarDays | None = Field(default=None, exclude_if=absent)
    kind: StoppedFor | None = Field(default=None, exclude_if=absent)
    interrupts: bool = Field(default=False, exclude_if=lambda value: value is False)
    limit: Limit | None = Field(default=None, exclude_if=absent)
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    promised_due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
