"""Who speaks for a party, where, and how an application came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from contracts.terms.identifiers import CaseId
from contracts.terms.values import (
    Contract,
    Instant,
    Name,
    Text,
    absent,
)


class Handling(Contract):
    """Who of the sender acted, where its system says so.

    ``officer`` is the sender's id for the person; the ledger has a pseudonym instead, which no other case
    shares. ``desk`` is where: a counter, a team, as the sender calls it.
    """

    officer: Text | None = Field(default=None, exclude_if=absent)
    desk: Name | None = Field(default=None, exclude_if=absent)


class Contact(Handling):
    """A contact of the applicant with the administration. ``visits``: how many visits it took of them; a
    portal says 0. None: not known."""

    visits: int | None = Field(default=None, ge=0, le=1000, exclude_if=absent)

    @classmethod
    def stated_in(cls, data: Mapping[str, Any]) -> Contact:
        """What the data of an event says about it; nothing, if it is not in the required form: the gateway
        that admitted it may have been of an older build."""
        stated = {name: data[name] for name in Contact.model_fields if data.get(name) is not None}
        try:
            return Contact.model_validate(stated) if stated else Contact()
        except ValidationError:
            return Contact()


class Intake(Contact):
    """How an application came in; none of this is part of the application.

    ``contacted`` is when the applicant first came to the administration with the matter, ``linked`` the case
    that this one follows, ``pilot`` the pilot that it was assigned to.
    """

    contacted: Instant | None = Field(default=None, exclude_if=absent)
    linked: CaseId | None = Field(default=None, exclude_if=absent)
    pilot: Name | None = Field(default=None, exclude_if=absent)
