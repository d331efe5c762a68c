"""A drawing as Mermaid text, which many pages show as a picture: a flowchart, each agency a subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.terms.bounds import printable
from contracts.terms.identifiers import Party
from seamless.explore.drawing.model import Box, Drawing, Edge, Together
from seamless.explore.drawing.words import Words

_SAFE = frozenset(" -+.,:·—、，。：（）／")


def mermaid(words: Words) -> str:
    """A drawing of a procedure, in one language."""
    drawing = words.drawing
    names = {box.key: f"n{number}" for number, box in enumerate(drawing.boxes)}
    for number, group in enumerate(drawing.together):
        names[group.key] = f"t{number}"
    lines = [f"%% {_told(words.name)}", "flowchart LR"]
    lanes: list[Party | None] = [*drawing.lanes]
    if any(box.lane is None for box in drawing.boxes):
        lanes.append(None)
    for number, lane in enumerate(lanes):
        lines.append(f'  subgraph l{number}["{_told(words.lane(lane))}"]')
        lines += [
            f"    {names[box.key]}{_shape(box, _text(words, box))}"
            for box in drawing.boxes
            if box.lane == lane
        ]
        lines.append("  end")
    for group in drawing.together:  # there it begins at once, and here it is over
        lines.append(f'  {names[group.key]}{{{{"{_told(words.word("together"))}"}}}}')
        lines.append(f'  {names[group.key]}e((" "))')
    marked = []
    for number, (arrow, longest) in enumerate(_arrows(words, drawing, names)):
        lines.append(f"  {arrow}")
        if longest:
            marked.append(str(number))
    if marked:
        lines.append(f"  linkStyle {','.join(marked)} stroke:#0b57d0,stroke-width:3px")
    if longest_boxes := [names[box.key] for box in drawing.boxes if box.longest]:
        lines.append("  classDef longest stroke:#0b57d0,stroke-width:3px")
        lines.append(f"  class {','.join(longest_boxes)} longest")
    return "\n".join(lines) + "\n"


def _arrows(words: Words, drawing: Drawing, names: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The arrows, and whether each is on the longest path."""
    groups = {group.key: group for group in drawing.together}
    for edge in drawing.edges:
        source = f"{names[edge.source]}e" if edge.source in groups else names[edge.source]
        yield f"{source} {_arrow(words, edge)} {names[edge.target]}", edge.longest
    for group in drawing.together:
        inner = [edge for edge in drawing.edges if {edge.source, edge.target} <= set(group.members)]
        for key in group.members:
            if not any(edge.target == key for edge in inner):
                yield f"{names[group.key]} --> {names[key]}", _passes(drawing, group, key)
        for key in group.members:
            if _is_awaited(drawing, group, key):
                goes_on = any(edge.source == key and edge.longest for edge in inner)
                yield f"{names[key]} --> {names[group.key]}e", not goes_on and _passes(drawing, group, key)


def _passes(drawing: Drawing, group: Together, key: str) -> bool:
    """Whether the longest path leads through a box that is open together with others."""
    return drawing.box(key).longest and any(
        edge.longest for edge in drawing.edges if group.key in (edge.source, edge.target)
    )


def _is_awaited(drawing: Drawing, group: Together, key: str) -> bool:
    """Whether what comes after boxes that are open together comes after this one, too."""
    leads_on = [edge for edge in drawing.edges if edge.source == key and not edge.dotted]
    return not leads_on and any(edge.source == group.key for edge in drawing.edges)


def _arrow(words: Words, edge: Edge) -> str:
    line = "-.->" if edge.dotted else "-->"
    label = words.label(edge)
    return f'{line}|"{_told(label)}"|' if label else line


def _text(words: Words, box: Box) -> str:
    parts = [words.title(box), *words.details(box)]
    if silence := words.silence(box):
        parts.append(silence)
    return "<br/>".join(_told(part) for part in parts)


def _shape(box: Box, text: str) -> str:
    if box.kind in ("start", "law", "decision", "closed"):
        return f'(["{text}"])'
    return f'[["{text}"]]' if box.kind == "hand-over" else f'["{text}"]'


def _told(text: str) -> str:
    """A text, whoever wrote it, as it is in quotes: what Mermaid or a page could take for something else
    is written by its number."""
    words = " ".join(printable(text).split())
    return "".join(each if each.isalnum() or each in _SAFE else f"#{ord(each)};" for each in words)
