"""The burden of a procedure: what an applicant has to do, and what was published about that."""

from __future__ import annotations

from pydantic import Field

from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.limits import Limit
from contracts.terms.values import Bilingual, Contract, Text, absent


class Errand(Contract):
    """One thing that an applicant has to do: fill in a form, hand in materials, fetch a document.

    ``form`` and ``materials`` are codes of the service item. What is handed in at two errands counts twice:
    the applicant has to prepare it twice. ``in_person``: the applicant has to come. ``variants``: in which
    ways of working; without any, in all.
    """

    name: Bilingual
    variants: tuple[VariantId, ...] = Field(default=(), exclude_if=lambda value: not value)
    form: Text | None = Field(default=None, exclude_if=absent)
    materials: tuple[Text, ...] = Field(default=(), exclude_if=lambda value: not value)
    in_person: bool = False


class Published(Contract):
    """Totals that somebody published for a way of working, to be compared with what is counted in its code.

    ``time`` is how long it takes the authorities, ``approvals`` how many decisions on the substance,
    ``visits`` how often the applicant comes in person, ``inspections`` how often inspectors come. What was
    not published is absent. ``source`` says who published it.
    """

    variant: VariantId = STANDARD
    source: Text
    time: Limit | None = Field(default=None, exclude_if=absent)
    agencies: int | None = Field(default=None, ge=0, exclude_if=absent)
    approvals: int | None = Field(default=None, ge=0, exclude_if=absent)
    forms: int | None = Field(default=None, ge=0, exclude_if=absent)
    materials: int | None = Field(default=None, ge=0, exclude_if=absent)
    visits: int | None = Field(default=None, ge=0, exclude_if=absent)
    inspections: int | None = Field(default=None, ge=0, exclude_if=absent)
