"""The mutants: defects that were fixed, and how each is put back."""

from __future__ import annotations

from tests.simulation.defects import case, fence, gateway, law

MUTANTS = (*fence.MUTANTS, *gateway.MUTANTS, *case.MUTANTS, *law.MUTANTS)
