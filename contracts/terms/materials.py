"""What an applicant hands in: materials and forms."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.terms.identifiers import AgencyId
from contracts.terms.values import Bilingual, Contract, Text, absent


class Material(Contract):
    """A document that an application needs.

    ``necessity``: always, only where ``applies_where`` says, or optional. ``source``: who issues it.
    ``promise``: the applicant's promise may replace it for now (告知承诺). ``held_by``: the agency that has
    it already, so that nobody may ask the applicant for it.
    """

    code: Text
    name: Bilingual
    necessity: Literal["required", "where-applicable", "optional"] = "required"
    applies_where: Bilingual | None = Field(default=None, exclude_if=absent)
    source: Literal["applicant", "agency", "third-party"] = "applicant"
    basis: Text | None = Field(default=None, exclude_if=absent)
    promise: bool = False
    held_by: AgencyId | None = Field(default=None, exclude_if=absent)


class Form(Contract):
    """A form that an applicant fills in; ``uri`` is where it is."""

    code: Text
    name: Bilingual
    uri: Text | None = Field(default=None, exclude_if=absent)
