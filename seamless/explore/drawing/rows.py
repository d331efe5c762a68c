"""The lanes and columns of a drawing: which box stands where, and how high each lane is."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from contracts.terms.identifiers import Party
from seamless.explore.drawing.model import Drawing, Edge
from seamless.explore.drawing.ranks import columns
from seamless.explore.drawing.sizes import PORT, TITLE, Label, Sized, label, sized
from seamless.explore.drawing.text import width_of, wrapped
from seamless.explore.drawing.words import Words

NARROW, WIDE, HEADER_PAD = 112.0, 190.0, 6.0
"""How wide the names of the lanes are: so that no word is broken, if it is not very long."""

LANE_PAD, STACK, FRAME = 9.0, 16.0, 9.0
FRAME_NAME = 17.0
"""Above the boxes of a frame: what it is."""

TRACK = 8.0


@dataclass
class Lane:
    """A row of the drawing.

    Attributes:
        content: how high its boxes are, one above the other.
        above: what stands above them, within the lane.
        y: where its content begins.
        gutter: the upper end of the gutter above it.
    """

    party: Party | None
    name: list[str]
    content: float = 24.0
    above: float = LANE_PAD
    y: float = 0.0
    gutter: float = 0.0
    cells: dict[int, list[Sized]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Rows:
    """Which box is in which lane and column, how large it is, and how high everything is."""

    words: Words
    offsets: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.drawing: Drawing = self.words.drawing
        self.column = columns(self.drawing)
        self.count = max(self.column.values()) + 1
        self.sized = {box.key: sized(self.words, box) for box in self.drawing.boxes}
        self.labels: dict[Edge, Label] = {edge: label(self.words, edge) for edge in self.drawing.edges}
        parties: list[Party | None] = [*self.drawing.lanes]
        if any(box.lane is None for box in self.drawing.boxes):
            parties.append(None)
        names = [self.words.lane(each) for each in parties]
        longest = max(width_of(word, TITLE, bold=True) for name in names for word in name.split() or [""])
        self.header = min(max(NARROW, longest + 2 * HEADER_PAD + 10), WIDE)
        room = self.header - 2 * HEADER_PAD - 8
        self.lanes = [
            Lane(each, wrapped(name, room, TITLE, bold=True))
            for each, name in zip(parties, names, strict=True)
        ]
        self._lane = {lane.party: number for number, lane in enumerate(self.lanes)}
        self._grow()
        self._stack()

    # --- what stands where, as far as that needs no edges ----------------------------------------------

    def lane_of(self, key: str) -> int:
        """The lane of a box, from the top."""
        return self._lane[self.drawing.box(key).lane]

    def span(self, key: str) -> tuple[int, int]:
        """The first and the last lane of a box, or of boxes that are open together."""
        rows = [self.lane_of(each) for each in self.members(key)]
        return min(rows), max(rows)

    def reach(self, key: str) -> tuple[int, int]:
        """The first and the last column of it."""
        found = [self.column[each] for each in self.members(key)]
        return min(found), max(found)

    def members(self, key: str) -> tuple[str, ...]:
        """The boxes of a frame; or the box itself."""
        return next((each.members for each in self.drawing.together if each.key == key), (key,))

    def is_frame(self, key: str) -> bool:
        """Whether it is boxes that are open together."""
        return key not in self.sized

    def leaving(self, key: str) -> list[Edge]:
        """The edges that leave a box, or a frame."""
        return [edge for edge in self.drawing.edges if edge.source == key]

    def entering(self, key: str) -> list[Edge]:
        """The edges that enter it."""
        return [edge for edge in self.drawing.edges if edge.target == key]

    def port_lane(self, key: str, other: str) -> int:
        """In which of its lanes an edge between the two leaves, or enters, a frame."""
        first, last = self.span(key)
        return min(max(self.span(other)[0], first), last)

    def _grow(self) -> None:
        """Let each box have room for its edges, and each lane for its boxes."""
        for key, box in self.sized.items():
            needs = sum(self.labels[edge].slot for edge in self.leaving(key)) + 6
            box.height = max(box.height, needs, PORT * (len(self.entering(key)) + 1))
            self.lanes[self.lane_of(key)].cells[self.column[key]].append(box)
        for group in self.drawing.together:
            first, _ = self.span(group.key)
            self.lanes[first].above = LANE_PAD + FRAME_NAME
        for lane in self.lanes:
            stacks = [
                sum(box.height for box in cell) + STACK * (len(cell) - 1) for cell in lane.cells.values()
            ]
            lane.content = max([lane.content, 15.0 * len(lane.name), *stacks])
        for group in self.drawing.together:
            room: dict[int, float] = defaultdict(float)
            for edge in self.leaving(group.key):
                room[self.port_lane(group.key, edge.target)] += self.labels[edge].slot + 8
            for number, needed in room.items():
                beside = [edge for key in group.members for edge in self.leaving(key)]
                beside = [edge for edge in beside if self.lane_of(edge.source) == number]
                taken = len(beside) * (8 + max(self.labels[edge].slot for edge in self.leaving(group.key)))
                self.lanes[number].content = max(self.lanes[number].content, needed + taken)
            entering = Counter(self.port_lane(group.key, edge.source) for edge in self.entering(group.key))
            for number, count in entering.items():
                self.lanes[number].content = max(self.lanes[number].content, PORT * (count + 1) + 8)

    def _stack(self) -> None:
        """Put the boxes of a lane and a column one above the other, in the middle of the lane."""
        for lane in self.lanes:
            for cell in lane.cells.values():
                at = (lane.content - sum(box.height for box in cell) - STACK * (len(cell) - 1)) / 2
                for box in cell:
                    self.offsets[box.box.key] = at
                    at += box.height + STACK

    def place(self, top: float, gutters: dict[int, int]) -> float:
        """Set the position of each lane, with so many tracks in the gutters; returns where the last gutter
        ends."""
        y = top
        for number, lane in enumerate(self.lanes):
            lane.gutter = y
            y += self.gutter_height(gutters.get(number, 0)) + lane.above
            lane.y = y
            y += lane.content + LANE_PAD
        self.end = y
        return y + self.gutter_height(gutters.get(len(self.lanes), 0))

    def gutter_height(self, tracks: int) -> float:
        """How high a gutter with so many tracks is."""
        return TRACK * tracks + (6 if tracks else 0)

    def gutter_y(self, gutter: int, track: int) -> float:
        """Where a track of a gutter is; the one below the last lane has the number of lanes."""
        begins = self.lanes[gutter].gutter if gutter < len(self.lanes) else self.end
        return begins + 7 + TRACK * track

    def top_of(self, key: str) -> float:
        """The upper side of a box or a frame."""
        if self.is_frame(key):
            return self.lanes[self.span(key)[0]].y - FRAME_NAME
        return self.lanes[self.lane_of(key)].y + self.offsets[key]

    def height_of(self, key: str) -> float:
        """How high it is."""
        if not self.is_frame(key):
            return self.sized[key].height
        last = self.lanes[self.span(key)[1]]
        return last.y + last.content + LANE_PAD / 2 - self.top_of(key)

    def bands(self, bottom: float) -> list[tuple[float, float]]:
        """Where each lane begins and ends, its gutter included; the last one ends at the ``bottom``."""
        begins = [lane.gutter for lane in self.lanes]
        return list(zip(begins, [*begins[1:], bottom], strict=True))

    def column_widths(self) -> list[float]:
        """How wide each column is."""
        return [
            max(box.width for lane in self.lanes for box in lane.cells.get(at, ()))
            for at in range(self.count)
        ]
