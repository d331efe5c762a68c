"""What a drawing of a procedure shows: boxes in lanes, what is side by side, and what leads where.

A box is a step, by the name of its request or verb and by who has it, however often it is opened; or how a
case is decided. The model knows neither a language nor a place on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from contracts.terms.identifiers import STANDARD, Party, VariantId
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit
from contracts.terms.requests import End
from contracts.terms.service_item import ServiceItem
from seamless.explore.limits import Reckoned

Kind = Literal["start", "request", "wait", "pays", "supplement", "hand-over", "law", "decision", "closed"]
"""``law``: the law's own limit has ended, and it takes silence for a decision."""

START, CLOSED, LAW = "start", "closed", "law"


class Silent(NamedTuple):
    """What follows where nobody speaks: ``deemed`` as an outcome, ``lapsed`` for a reason, ``referred``, or
    the time is ``over``."""

    kind: Literal["deemed", "lapsed", "referred", "over"]
    code: str | None = None


@dataclass(frozen=True)
class Box:
    """A step, or how a case is decided.

    Attributes:
        key: its own in a drawing.
        name: of the request, the verb or the decision.
        lane: who has it; None for what is decided.
        limit, graces: how long it may take, and what is added before silence counts.
        end: what silence brings.
        instead_of: the agency in whose place this one answers.
        wants: of a wait for reports, which.
        results: of an end without a decision, the words for it that were seen.
        longest: on the longest path.
    """

    key: str
    kind: Kind
    name: str
    lane: Party | None
    limit: Limit | None = None
    graces: tuple[Limit, ...] = ()
    end: End | None = None
    instead_of: Party | None = None
    wants: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    longest: bool = False


class Together(NamedTuple):
    """Boxes that are open at the same time, in the order in which they were opened."""

    key: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """What leads from a box, or from boxes that are open together, to the next.

    Attributes:
        said: the outcomes that lead there.
        silent: what silence leads there.
        of: of boxes that are open together: ``one`` of these outcomes is enough, or it takes ``all``.
        back: it leads back to where the course has been.
        longest: on the longest path.
    """

    source: str
    target: str
    said: tuple[str, ...] = ()
    silent: tuple[Silent, ...] = ()
    of: Literal["one", "all"] | None = None
    back: bool = False
    longest: bool = False

    @property
    def dotted(self) -> bool:
        """Nothing but silence leads there."""
        return bool(self.silent) and not self.said


@dataclass(frozen=True)
class Drawing:
    """A procedure under one law version.

    Attributes:
        lanes: who has a step, from the top to the bottom.
        computed: how the marked path was computed; None where none is marked.
        in_time, with_silence: the longest that the authority can take, in days of the calendar; None where no
            decision ends its limits.
        left: states that were not explored, so that something may be missing.
    """

    workflow_type: str
    item: ServiceItem
    law: LawVersion
    boxes: tuple[Box, ...]
    together: tuple[Together, ...]
    edges: tuple[Edge, ...]
    lanes: tuple[Party, ...]
    reckoned: Reckoned | None
    in_time: Fraction | None
    with_silence: Fraction | None
    left: int = 0

    @property
    def variant(self) -> VariantId:
        """In which way of working it is drawn."""
        return VariantId(self.workflow_type.partition(".")[2] or STANDARD)

    def box(self, key: str) -> Box:
        """The box of this key."""
        return next(each for each in self.boxes if each.key == key)

    def group_of(self, key: str) -> Together | None:
        """The boxes that are open together with this one; None where it is alone."""
        return next((each for each in self.together if key in each.members), None)

    def unit(self, key: str) -> str:
        """What a box moves with: the boxes that are open together with it, or itself."""
        group = self.group_of(key)
        return group.key if group else key
