"""Laying a drawing out: a column for each rank, a row for each lane, and between them room for the edges.

Edges run in the gaps between columns and in the gutters above the lanes, each in a track of its own; so none
passes through a box. The text of an edge stands above its first piece, in a zone of the gap that no track
uses, and within the height of the box that it leaves; so no two texts meet.
"""

from __future__ import annotations

from seamless.explore.drawing.page import Page, Point, Rect
from seamless.explore.drawing.routing import Router
from seamless.explore.drawing.rows import FRAME, Rows
from seamless.explore.drawing.text import width_of, wrapped
from seamless.explore.drawing.words import Words

MARGIN, NARROWEST = 16.0, 760.0
HEAD, NOTE = 16.0, 11.0


def laid_out(words: Words) -> Page:
    """A drawing on its page, in one language."""
    rows = Rows(words)
    router = Router(rows)
    gaps, widths = router.gap_widths(), rows.column_widths()
    width = max(NARROWEST, 2 * MARGIN + rows.header + sum(widths) + sum(gaps))
    inner = width - 2 * MARGIN
    title = wrapped(words.name, inner, HEAD, bold=True)
    head = [line for each in words.head() for line in wrapped(each, inner, NOTE)]
    bottom = rows.place(MARGIN + 22 * len(title) + 15 * len(head) + 8, router.gutter_tracks)
    router.settle()
    x, lefts = MARGIN + rows.header, []
    for gap, column in zip(gaps, widths, strict=False):
        lefts.append(x + gap)
        x += gap + column
    ends = [left + column for left, column in zip(lefts, widths, strict=True)]
    rects = {}
    for key, box in rows.sized.items():
        at = rows.column[key]
        left = lefts[at] + (widths[at] - box.width) / 2
        rects[key] = Rect(left, rows.top_of(key), box.width, box.height)
    for group in words.drawing.together:
        first, last = rows.reach(group.key)
        left, right = lefts[first] - FRAME, ends[last] + router.zone(last + 1, group.members) + FRAME
        rects[group.key] = Rect(left, rows.top_of(group.key), right - left, rows.height_of(group.key))
    legend, after = _legend(words, bottom + 18, inner)
    notes = [line for each in words.notes() for line in wrapped(each, inner, NOTE)]
    return Page(
        title=title,
        head=head,
        notes=notes,
        lanes=[
            (Rect(MARGIN, begins, inner, ends_at - begins), lane.name)
            for lane, (begins, ends_at) in zip(rows.lanes, rows.bands(bottom), strict=True)
        ],
        frames=[(rects[group.key], group) for group in words.drawing.together],
        boxes=[(rects[key], box) for key, box in rows.sized.items()],
        routes=[router.route(edge, rects, lefts[0] - gaps[0], ends) for edge in words.drawing.edges],
        width=width,
        height=after + 15 * len(notes) + MARGIN - 4,
        header=rows.header,
        together=words.word("together"),
        legend=legend,
    )


def _legend(words: Words, y: float, inner: float) -> tuple[list[tuple[str, str, Point]], float]:
    """What the kinds of lines mean, of those that there are; and where the notes begin."""
    edges = words.drawing.edges
    told = []
    if words.drawing.reckoned:
        told.append(("longest", words.word(f"longest-{words.drawing.reckoned}")))
    if any(edge.dotted for edge in edges) or any(box.end for box in words.drawing.boxes):
        told.append(("dotted", words.word("dotted")))
    if any(box.graces for box in words.drawing.boxes):
        told.append(("none", words.word("grace")))
    if any(edge.back for edge in edges):
        told.append(("back", words.word("back")))
    found, x = [], MARGIN
    for kind, text in told:
        needed = width_of(text, NOTE) + (20 if kind == "none" else 58)
        if x > MARGIN and x + needed > MARGIN + inner:
            x, y = MARGIN, y + 16
        found.append((kind, text, Point(x, y)))
        x += needed
    return found, y + (18 if told else 2)
