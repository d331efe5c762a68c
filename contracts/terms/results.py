"""The results of a procedure: documents, remedies against a decision, how long the file is kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.terms.limits import Limit
from contracts.terms.values import Bilingual, Contract, Text, absent


class Result(Contract):
    """A document that a decision brings. ``valid`` is for how long; without it, until it is revoked.
    ``by_decision``: the decision sent to the applicant is that document; no other one is issued."""

    code: Text
    name: Bilingual
    valid: Limit | None = Field(default=None, exclude_if=absent)
    basis: Text | None = Field(default=None, exclude_if=absent)
    by_decision: bool = Field(default=False, exclude_if=lambda value: value is False)


class Remedy(Contract):
    """What an applicant can do against a decision: whom to turn to, and ``within`` what time."""

    kind: Literal["objection", "administrative-review", "appeal", "court"]
    to: Bilingual
    within: Limit
    basis: Text


class Retention(Contract):
    """How long a file is kept after it was closed, and what becomes of it then."""

    keep: Limit
    then: Literal["destroy", "hand-to-archive"] = "destroy"
    basis: Text


Confidentiality = Literal["public", "limited", "internal", "case", "confidential", "secret"]
"""Who may see a file: everybody; everybody, except parts of it; officers; those who work on the case; named
officers; as the law on state secrets says (after the Dutch ZGW *vertrouwelijkheidaanduiding*)."""
