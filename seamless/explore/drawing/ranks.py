"""The column of each box: after everything that leads to it. What is open together takes columns of its
own, as far as it reaches over the lanes."""

from __future__ import annotations

from collections.abc import Iterable

from seamless.explore.drawing.model import LAW, Drawing


def columns(drawing: Drawing) -> dict[str, int]:
    """The column of each box, from 0 on."""
    inner = {group.key: _longest(group.members, _inner(drawing, group.members)) for group in drawing.together}
    within = {key: at for ranks in inner.values() for key, at in ranks.items()}
    length = {key: max(ranks.values()) + 1 for key, ranks in inner.items()}
    units = list(dict.fromkeys(drawing.unit(box.key) for box in drawing.boxes))
    pairs = [
        (drawing.unit(edge.source), drawing.unit(edge.target)) for edge in drawing.edges if not edge.back
    ]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    least = dict.fromkeys(units, 0)
    while True:
        ranks = _longest(units, pairs, length, least)
        found = {box.key: ranks[drawing.unit(box.key)] + within.get(box.key, 0) for box in drawing.boxes}
        conflict = _conflict(drawing, found, ranks, length)
        if conflict is None:
            break
        least[conflict[0]] = conflict[1]
    if LAW in found:  # close to what it leads to
        after = [ranks[target] for source, target in pairs if source == LAW]
        found[LAW] = max(0, min(after, default=1) - 1)
    used = sorted(set(found.values()))
    return {key: used.index(at) for key, at in found.items()}


def _inner(drawing: Drawing, members: Iterable[str]) -> list[tuple[str, str]]:
    inside = set(members)
    return [
        (edge.source, edge.target)
        for edge in drawing.edges
        if not edge.back and edge.source in inside and edge.target in inside
    ]


def _longest(
    keys: Iterable[str],
    pairs: list[tuple[str, str]],
    length: dict[str, int] | None = None,
    least: dict[str, int] | None = None,
) -> dict[str, int]:
    """How far each is from the beginning, on the longest way; there are no circles."""
    ranks = dict(least) if least else dict.fromkeys(keys, 0)
    changed = True
    while changed:
        changed = False
        for source, target in pairs:
            after = ranks[source] + (length or {}).get(source, 1)
            if ranks[target] < after:
                ranks[target], changed = after, True
    return ranks


def _conflict(
    drawing: Drawing, found: dict[str, int], ranks: dict[str, int], length: dict[str, int]
) -> tuple[str, int] | None:
    """What stands among boxes that are open together and is none of them; and where it could stand."""
    lanes = {lane: number for number, lane in enumerate((*drawing.lanes, None))}
    for group in drawing.together:
        rows = [lanes[drawing.box(key).lane] for key in group.members]
        first, after = ranks[group.key], ranks[group.key] + length[group.key]
        for box in drawing.boxes:
            among = min(rows) <= lanes[box.lane] <= max(rows) and first <= found[box.key] < after
            if box.key not in group.members and box.key != LAW and among:
                return drawing.unit(box.key), after
    return None
