"""The ways of the edges: through the gaps between columns and the gutters above the lanes, each in a track of
its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from seamless.explore.drawing.model import Edge
from seamless.explore.drawing.page import Point, Rect, Route
from seamless.explore.drawing.rows import FRAME, TRACK, Rows

APART = 5.0
"""How far two pieces in one track, or two horizontal ones in one gap, are apart at least."""

BEFORE, ARROW = 9.0, 17.0
"""Room in a gap before its first track, and after its last one."""

LABEL_GAP = 8.0
INTO_FRAME = 400.0
"""What it costs to run through a frame, in units of the page."""


class Vertical(NamedTuple):
    """A vertical piece of an edge, in a gap."""

    edge: Edge
    first: float
    last: float


@dataclass
class Router:
    """The ways of a drawing's edges."""

    rows: Rows

    def __post_init__(self) -> None:
        rows = self.rows
        self.edges = rows.drawing.edges
        self.out_gap = {edge: rows.reach(edge.source)[1] + 1 for edge in self.edges}
        self.in_gap = {edge: rows.reach(edge.target)[0] for edge in self.edges}
        rows.place(0.0, {})
        self.along = {edge: self._runs_along(edge) for edge in self.edges}
        self.gutter = {edge: self._gutter(edge) for edge in self.edges if not self.along[edge]}
        self.gutter_track: dict[Edge, int] = {}
        self.gutter_tracks = self._pack_gutters()
        rows.place(0.0, self.gutter_tracks)
        self.settle()

    def settle(self) -> None:
        """Set where each edge leaves and enters, and which track of a gap it takes; the lanes are there."""
        self.leaves: dict[Edge, float] = {}
        self.enters: dict[Edge, float] = {}
        for key in dict.fromkeys(edge.source for edge in self.edges):
            if not self.rows.is_frame(key):
                self._leave_box(key)
        for key in dict.fromkeys(edge.source for edge in self.edges):
            if self.rows.is_frame(key):
                self._leave_frame(key)
        self._enter_all()
        self.track: dict[tuple[Edge, int], int] = {}
        self.tracks: dict[int, int] = {}
        gaps: dict[int, list[Vertical]] = defaultdict(list)
        for edge in self.edges:
            for gap, first, last in self._verticals(edge):
                gaps[gap].append(Vertical(edge, first, last))
        for gap, found in gaps.items():
            self._pack_gap(gap, found)

    # --- which way -----------------------------------------------------------------------------------------

    def _runs_along(self, edge: Edge) -> bool:
        """Whether it can stay in its lane until the gap before its target, since nothing stands between."""
        if self.out_gap[edge] > self.in_gap[edge]:
            return False
        rows = self.rows
        lane = (
            rows.port_lane(edge.source, edge.target)
            if rows.is_frame(edge.source)
            else rows.lane_of(edge.source)
        )
        between = range(self.out_gap[edge], self.in_gap[edge])
        if any(rows.lanes[lane].cells.get(column) for column in between):
            return False
        for group in rows.drawing.together:
            (first, last), (left, right) = rows.span(group.key), rows.reach(group.key)
            if first <= lane <= last and any(left <= column <= right for column in between):
                return False
        return True

    def _gutter(self, edge: Edge) -> int:
        """The gutter by which it is shortest, and which leads through no frame."""
        rows = self.rows
        begins = rows.top_of(edge.source) + rows.height_of(edge.source) / 2
        ends = rows.top_of(edge.target) + rows.height_of(edge.target) / 2
        first, after = sorted((self.out_gap[edge], self.in_gap[edge]))

        def cost(gutter: int) -> tuple[float, int]:
            y = rows.gutter_y(gutter, 0)
            through = 0
            for group in rows.drawing.together:
                (top, bottom), (left, right) = rows.span(group.key), rows.reach(group.key)
                if top < gutter <= bottom and left < after and right >= first:
                    through += 1
            return abs(begins - y) + abs(ends - y) + INTO_FRAME * through, gutter

        return min(range(len(rows.lanes) + 1), key=cost)

    def _pack_gutters(self) -> dict[int, int]:
        """Give each run its track of its gutter; how many tracks each gutter needs."""
        taken: dict[int, list[list[tuple[float, float]]]] = defaultdict(list)
        for edge, gutter in self.gutter.items():
            first, last = sorted((self.out_gap[edge], self.in_gap[edge]))
            self.gutter_track[edge] = _fit(taken[gutter], (first, last), 0)
        return {gutter: len(tracks) for gutter, tracks in taken.items()}

    def _gutter_y(self, edge: Edge) -> float:
        return self.rows.gutter_y(self.gutter[edge], self.gutter_track[edge])

    # --- where it leaves and enters ------------------------------------------------------------------------

    def _leave_box(self, key: str) -> None:
        rows = self.rows
        leaving = sorted(rows.leaving(key), key=lambda edge: (self._towards(edge), edge.dotted))
        slots = [rows.labels[edge].slot for edge in leaving]
        y = rows.top_of(key) + (rows.height_of(key) - sum(slots)) / 2
        for edge, slot in zip(leaving, slots, strict=True):
            y += slot
            self.leaves[edge] = y - (2 if rows.labels[edge].lines else slot / 2)

    def _towards(self, edge: Edge) -> float:
        rows = self.rows
        if not self.along[edge]:
            return self._gutter_y(edge)
        return rows.top_of(edge.target) + rows.height_of(edge.target) / 2

    def _leave_frame(self, key: str) -> None:
        rows = self.rows
        taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
        last = rows.reach(key)[1]
        for member in rows.members(key):
            if rows.column[member] == last:
                for edge in rows.leaving(member):
                    taken[rows.lane_of(member)].append((self.leaves[edge] - 3, self.leaves[edge] + 3))
        by_lane: dict[int, list[Edge]] = defaultdict(list)
        for edge in sorted(rows.leaving(key), key=self._towards):
            by_lane[rows.port_lane(key, edge.target)].append(edge)
        for number, edges in by_lane.items():
            lane, slots = rows.lanes[number], [rows.labels[edge].slot + 6 for edge in edges]
            y = lane.y + (0 if taken[number] else (lane.content - sum(slots)) / 2)
            for edge, slot in zip(edges, slots, strict=True):
                beside = sorted(each for each in taken[number] if each[1] > y)
                for first, after in beside:  # below what leaves a box there, where it does not fit above
                    if first < y + slot and after > y:
                        y = after
                y += slot
                self.leaves[edge] = y - 4

    def _enter_all(self) -> None:
        rows = self.rows
        used: dict[int, list[tuple[float, Edge]]] = defaultdict(list)
        for edge in self.edges:
            along = self.along[edge]
            until = self.in_gap[edge] if along else self.out_gap[edge]
            for gap in range(self.out_gap[edge], until + 1):
                used[gap].append((self.leaves[edge], edge))
        for edge in sorted(self.edges, key=lambda each: not self._is_level(each)):
            top, height = rows.top_of(edge.target), rows.height_of(edge.target)
            first, last = top + 7, top + height - 7
            middle = (first + last) / 2
            if rows.is_frame(edge.target):
                lane = rows.lanes[rows.port_lane(edge.target, edge.source)]
                first, last = lane.y + 4, lane.y + lane.content - 4
                middle = (first + last) / 2
            gap = self.in_gap[edge]
            wanted = self.leaves[edge] if self.along[edge] and first <= self.leaves[edge] <= last else middle
            others = [y for y, each in used[gap] if each is not edge]

            def apart(y: float, others: list[float] = others) -> float:
                return min((abs(y - other) for other in others), default=APART)

            free = (y for y in (wanted, *_outward(wanted, first, last, 3.0)) if apart(y) >= APART)
            found = next(free, None)
            if found is None:  # it is crowded: as far from the others as can be
                found = max(_outward(middle, first, last, 1.0), key=apart, default=middle)
            self.enters[edge] = found
            used[gap].append((found, edge))

    def _is_level(self, edge: Edge) -> bool:
        """Whether it can be one straight line."""
        top, height = self.rows.top_of(edge.target), self.rows.height_of(edge.target)
        return self.along[edge] and top + 7 <= self.leaves[edge] <= top + height - 7

    # --- the tracks of the gaps ----------------------------------------------------------------------------

    def _verticals(self, edge: Edge) -> Iterator[tuple[int, float, float]]:
        begins, ends = self.leaves[edge], self.enters[edge]
        if self.along[edge]:
            if abs(begins - ends) > 0.5:
                yield self.in_gap[edge], begins, ends
        else:
            y = self._gutter_y(edge)
            yield self.out_gap[edge], begins, y
            yield self.in_gap[edge], y, ends

    def _pack_gap(self, gap: int, found: list[Vertical]) -> None:
        """Give each vertical piece its track: those that come from the left and lead down so, that the lowest
        is leftmost; those that lead up the other way round. So they cross the least."""

        def order(piece: Vertical) -> tuple[bool, float]:
            down = piece.last > piece.first
            return down, -piece.first if down else piece.first

        tracks: list[list[tuple[float, float]]] = []
        for piece in sorted(found, key=order):
            interval = (min(piece.first, piece.last), max(piece.first, piece.last))
            self.track[piece.edge, gap] = _fit(tracks, interval, APART)
        self.tracks[gap] = len(tracks)

    # --- on the page ---------------------------------------------------------------------------------------

    def zone(self, gap: int, of: Collection[str] | None = None) -> float:
        """How wide the texts of the edges are that leave the boxes left of a gap, or some of them."""
        found = [
            self.rows.labels[edge].width + LABEL_GAP
            for edge in self.edges
            if self.out_gap[edge] == gap
            and not self.rows.is_frame(edge.source)
            and (of is None or edge.source in of)
            and self.rows.labels[edge].lines
        ]
        return max(found, default=0.0)

    def _first_track(self, gap: int) -> float:
        found = [self.zone(gap)]
        for each in self.rows.drawing.together:
            if self.rows.reach(each.key)[1] + 1 == gap:
                widths = [self.rows.labels[edge].width for edge in self.rows.leaving(each.key)]
                border = self.zone(gap, each.members) + FRAME
                found.append(border + max(widths, default=0.0) + LABEL_GAP)
        return max(found) + BEFORE

    def gap_widths(self) -> list[float]:
        """How wide each gap is: the first one is before the first column, the last one after the last."""
        begins = [self.rows.reach(each.key)[0] for each in self.rows.drawing.together]
        return [
            self._first_track(gap)
            + TRACK * max(0, self.tracks.get(gap, 0) - 1)
            + ARROW
            + (FRAME if gap in begins else 0)
            for gap in range(self.rows.count + 1)
        ]

    def route(self, edge: Edge, rects: dict[str, Rect], first_gap: float, ends: list[float]) -> Route:
        """An edge, point by point.

        Args:
            rects: where the boxes and frames are.
            first_gap: where the gap before the first column begins.
            ends: where the columns end.
        """

        def x_of(gap: int) -> float:
            begins = ends[gap - 1] if gap else first_gap
            return begins + self._first_track(gap) + TRACK * self.track[edge, gap]

        y, target_y = self.leaves[edge], self.enters[edge]
        points = [Point(rects[edge.source].right, y)]
        if not self.along[edge]:
            run = self._gutter_y(edge)
            first, last = x_of(self.out_gap[edge]), x_of(self.in_gap[edge])
            points += [Point(first, y), Point(first, run), Point(last, run), Point(last, target_y)]
        elif (edge, self.in_gap[edge]) in self.track:
            x = x_of(self.in_gap[edge])
            points += [Point(x, y), Point(x, target_y)]
        else:
            points[0] = Point(rects[edge.source].right, target_y)
        points.append(Point(rects[edge.target].x, target_y))
        begins = ends[self.out_gap[edge] - 1] if not self.rows.is_frame(edge.source) else points[0].x
        return Route(edge, self.rows.labels[edge], Point(begins + 4, points[0].y), points)


def _fit(tracks: list[list[tuple[float, float]]], interval: tuple[float, float], apart: float) -> int:
    """The first track in which an interval meets no other; it is put there."""
    for number, taken in enumerate(tracks):
        if all(interval[1] + apart < first or interval[0] - apart > last for first, last in taken):
            taken.append(interval)
            return number
    tracks.append([interval])
    return len(tracks) - 1


def _outward(middle: float, first: float, last: float, by: float = 4.0) -> Iterator[float]:
    """Places from the middle outward, between two."""
    if first <= middle <= last:
        yield middle
    for number in range(1, int((last - first) / by) + 2):
        for y in (middle + number * by, middle - number * by):
            if first <= y <= last:
                yield y
