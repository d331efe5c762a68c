"""A pilot: new cases are assigned at random to an old or a new variant of their procedure.

One workflow per procedure does that. Its type is :data:`ASSIGNING`, its id :func:`assigning_id`; it runs as
long as a pilot, or what a pilot ended with, says in which variant cases are opened.
:mod:`activities.assigning` calls it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.terms.identifiers import CaseId, ProcedureId, VariantId
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Contract, Text, absent

ASSIGNING = "assigning"
"""The type of the workflow that assigns the new cases of one procedure; takes nothing, or, in a new run, a
:class:`Carried`."""

BEGIN = "begin"
"""Its update that begins a pilot; takes a :class:`Plan`, returns :class:`Assigning`."""

END = "end"
"""Its update that ends the assignment by a pilot; takes an :class:`Ending`, returns :class:`Assigning`."""

ASSIGN = "assign"
"""Its update that assigns a case; takes an :class:`Incoming`, returns an :class:`Assignment`."""

SHOW = "show"
"""Its query; returns :class:`Assigning`."""

LARGEST_PILOT = 10_000
"""How many cases a pilot may assign: all of them are remembered, and Temporal takes 2 MB."""

ABSENCE_KEPT_SECONDS = 2.0
"""For how long a gateway may take it that a procedure has no pilot. A pilot assigns from so long after it was
begun on: then every gateway knows of it."""

Arm = Literal["old", "new"]
"""Which of the two variants of a pilot a case was assigned to."""


def assigning_id(procedure: str) -> str:
    """The id of the workflow that assigns the new cases of a procedure."""
    return f"{ASSIGNING}/{procedure}"


class Plan(Contract):
    """How a pilot assigns cases: in each block of ``block`` consecutive cases, one, drawn at random, gets the
    new variant.

    Attributes:
        pilot: the case of the procedure ``rebuilding`` in which it was approved.
        law: under which law version cases are assigned; None: under each that knows both variants.
        old, new: the variants that are compared.
        most: how many cases get the new variant at most. Then the pilot is full, and until it is ended cases
            are opened in the old one.

    Raises:
        ValueError: both variants are the same, or it would assign more cases than :data:`LARGEST_PILOT`.
    """

    pilot: CaseId
    procedure: ProcedureId
    law: Text | None = Field(default=None, exclude_if=absent)
    old: VariantId
    new: VariantId
    block: int = Field(ge=2, le=20)
    most: int = Field(ge=1)

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.old == self.new:
            raise ValueError(f"new: {self.new!r} is the old variant, too; name another one")
        if self.most * self.block > LARGEST_PILOT:
            raise ValueError(
                f"most: {self.most} blocks of {self.block} cases are {self.most * self.block}, and a pilot "
                f"may assign {LARGEST_PILOT:,} at most; choose {LARGEST_PILOT // self.block} or less"
            )
        return self

    def check(self, item: ServiceItem) -> None:
        """Return if cases of this procedure can be opened in both variants.

        Raises:
            ValueError: the law version does not know both; names the field and the remedy.
        """
        try:
            laws = item.laws if self.law is None else (item.law(self.law),)
        except LookupError as error:
            raise ValueError(f"law: {error}") from None
        if not any(self.applies_to(item, law.id) for law in laws):
            known = "; ".join(f"{law.id} knows {', '.join(law.variants)}" for law in laws)
            raise ValueError(
                f"old, new: no law version of {item.procedure} that could be meant knows both {self.old!r} "
                f"and {self.new!r}: {known}. Name both in the variants of the law version"
            )

    def applies_to(self, item: ServiceItem, law: str) -> bool:
        """Whether cases that are opened under this law version are assigned."""
        known = next((each.variants for each in item.laws if each.id == law), ())
        return self.law in (None, law) and self.old in known and self.new in known

    @property
    def probability(self) -> dict[Arm, float]:
        """With which probability a case gets each arm."""
        return {"new": 1 / self.block, "old": (self.block - 1) / self.block}


class Ending(Contract):
    """A pilot assigns no more cases. From now on new cases are opened in ``variant``; None: as the settings
    and the law say, as if there had been no pilot. May be said again, with another variant."""

    pilot: CaseId
    variant: VariantId | None = Field(default=None, exclude_if=absent)


class Incoming(Contract):
    """A case that is about to be opened under ``law``."""

    case: CaseId
    law: Text


class Assignment(Contract):
    """In which variant a case is opened.

    Attributes:
        pilot: which pilot says so; None: none does.
        variant: None: the one that the settings and the law say.
        arm: which of both it was assigned to; None, with ``block``, ``place`` and ``probability``: it was not
            drawn, since the pilot is full or ended.
        block, place: the number of the block, and which case of the block it is; both from 1.
        probability: with which a case of the block gets this arm.
    """

    pilot: CaseId | None = Field(default=None, exclude_if=absent)
    variant: VariantId | None = Field(default=None, exclude_if=absent)
    arm: Arm | None = Field(default=None, exclude_if=absent)
    block: int | None = Field(default=None, ge=1, exclude_if=absent)
    place: int | None = Field(default=None, ge=1, exclude_if=absent)
    probability: float | None = Field(default=None, gt=0, lt=1, exclude_if=absent)

    @property
    def basis(self) -> str | None:
        """Why a case has its variant, for its ledger; None where no pilot says it."""
        if self.pilot is None:
            return None
        if self.arm is None:
            return (
                f"the pilot {self.pilot} assigns no more cases; until more is decided they get this variant"
            )
        return f"assigned at random by the pilot {self.pilot}: block {self.block}, place {self.place}"


class Assigning(Contract):
    """How the assignment of a procedure's cases stands.

    Attributes:
        plan: of the pilot; None before the first one.
        ended: how it was ended; None: it was not.
        cases, new: how many cases were assigned, and how many of them to the new variant.
    """

    plan: Plan | None = Field(default=None, exclude_if=absent)
    ended: Ending | None = Field(default=None, exclude_if=absent)
    cases: int = 0
    new: int = 0

    @property
    def full(self) -> bool:
        """Whether the pilot has had all cases that it may assign."""
        return self.plan is not None and self.cases >= self.plan.most * self.plan.block


class Carried(Contract):
    """What one run of the workflow hands to the next one.

    Attributes:
        begun: when the pilot was begun, in seconds since 1970.
        cases: those assigned, in the order in which they came: the first ``plan.block`` are the first block.
        drawn: of each block, which place gets the new variant, from 1.
    """

    plan: Plan
    begun: float
    cases: tuple[CaseId, ...] = ()
    drawn: tuple[Annotated[int, Field(ge=1)], ...] = ()
    ended: Ending | None = Field(default=None, exclude_if=absent)
