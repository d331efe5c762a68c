"""The cases of a pilot, as the evidence needs them. Instants are days, as floats, since the same origin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.pilots import Arm
from contracts.terms.identifiers import CaseId, ProcedureId, VariantId

Days: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

Harm = Literal["refused", "objected", "complained"]
"""What must not become more frequent."""

HARMS: tuple[Harm, ...] = get_args(Harm)

WINDOW = 60.0
"""Days after its end from which on a case counts as one without objection or complaint: so long an applicant
may ask for reconsideration (行政复议法, 2023, article 20)."""


@dataclass(frozen=True)
class PilotCase:
    """One case of a pilot.

    Attributes:
        block: its block of consecutive arrivals, of which one, drawn at random, gets the new variant.
        size: how many cases a block has.
        start: when it was opened, and so assigned: what the applicant waited before is no variant's doing.
        end: when it was closed; None while it is open.
        refused: whether it was refused; None while it is open.
        objected, complained: when the first objection, or complaint, that follows it was opened; None: there
            was none yet.
        case, procedure, variant: which it is, of which procedure, and how it was opened; no evidence needs
            them.
    """

    block: int
    size: int
    arm: Arm
    start: float
    end: float | None = None
    refused: bool | None = None
    objected: float | None = None
    complained: float | None = None
    case: CaseId | None = None
    procedure: ProcedureId | None = None
    variant: VariantId | None = None

    def seen(self, as_of: float) -> PilotCase:
        """The case as it was known at a moment; it had started by then."""
        open_ = self.end is None or self.end > as_of
        return replace(
            self,
            end=None if open_ else self.end,
            refused=None if open_ else self.refused,
            objected=_by(self.objected, as_of),
            complained=_by(self.complained, as_of),
        )

    def settled(self, harm: Harm) -> tuple[float, bool]:
        """When it is known whether a harm came, and whether it did; infinity while it is not known.

        A case without objection is settled :data:`WINDOW` days after its end. The moment depends on nothing
        but the case itself: never on when somebody looked.
        """
        end = np.inf if self.end is None else self.end
        if harm == "refused":
            return (np.inf, False) if self.refused is None else (end, self.refused)
        came = self.objected if harm == "objected" else self.complained
        if came is not None:
            return came, True
        return end + WINDOW, False


def _by(instant: float | None, as_of: float) -> float | None:
    return instant if instant is not None and instant <= as_of else None


class Blocks(NamedTuple):
    """The blocks of which all cases have arrived; one row a block, one column a place.

    Attributes:
        starts, ends: of each case; an open one has no end before infinity.
        new: which got the new variant: one in each row.
        settled: by harm, when each case was settled; infinity while it is not.
        harmed: by harm, which had it.
        set_aside: how many other blocks hold more cases than they should, or not one of the new variant. They
            say nothing, since nobody knows how they were drawn.
    """

    starts: Days
    ends: Days
    new: Flags
    settled: Mapping[Harm, Days]
    harmed: Mapping[Harm, Flags]
    set_aside: int


def seen(cases: Iterable[PilotCase], as_of: float) -> list[PilotCase]:
    """The cases as they were known at a moment: those that had started by then."""
    return [case.seen(as_of) for case in cases if case.start <= as_of]


def blocks_of(cases: Sequence[PilotCase]) -> Blocks:
    """The complete blocks of some cases, by number."""
    whole, set_aside = [], 0
    for members in by_block(cases):
        if len(members) < members[0].size:
            continue  # the others have not arrived yet
        if len(members) > members[0].size or sum(case.arm == "new" for case in members) != 1:
            set_aside += 1
        else:
            whole.append(members)
    size = cases[0].size if cases else 2
    settled = {harm: [[case.settled(harm) for case in each] for each in whole] for harm in HARMS}
    return Blocks(
        starts=_table([[case.start for case in each] for each in whole], size),
        ends=_table([[np.inf if case.end is None else case.end for case in each] for each in whole], size),
        new=_table([[case.arm == "new" for case in each] for each in whole], size).astype(np.bool_),
        settled=MappingProxyType(
            {harm: _table([[when for when, _ in each] for each in of], size) for harm, of in settled.items()}
        ),
        harmed=MappingProxyType(
            {
                harm: _table([[came for _, came in each] for each in of], size).astype(np.bool_)
                for harm, of in settled.items()
            }
        ),
        set_aside=set_aside,
    )


def by_block(cases: Iterable[PilotCase]) -> Iterator[list[PilotCase]]:
    """The cases of each block, by its number."""
    found: defaultdict[int, list[PilotCase]] = defaultdict(list)
    for case in cases:
        found[case.block].append(case)
    return (found[block] for block in sorted(found))


def _table(rows: Sequence[Sequence[float]], size: int) -> Days:
    return np.array(rows, np.float64).reshape(len(rows), size)
