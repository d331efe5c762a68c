"""What an applicant and a mayor feel of a procedure, as figures: counted in what exploring it found, or read
in its service item. What neither says is None: not known, and not zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from contracts.terms.burden import Errand, Published
from contracts.terms.fees import Fee
from contracts.terms.identifiers import APPLICANT, Party
from contracts.terms.materials import Form, Material
from contracts.terms.requests import Inspection
from contracts.terms.service_item import ServiceItem
from seamless.explore.check import LawChecked
from seamless.explore.drawing.model import Box, Drawing
from seamless.explore.graph import Graph, Transition
from seamless.explore.limits import DOES_NOT_COUNT, Longest, forward, in_order
from seamless.explore.silence import Silence

SPOKEN = ("answers", "pays", "hands-in", "reports")
STEPS = ("request", "wait", "pays", "supplement", "hand-over")


class Awaited(NamedTuple):
    """A step or a decision, and what has to be over before it."""

    box: Box
    after: tuple[Box, ...]


@dataclass(frozen=True)
class Figures:
    """The figures of one way of working under one law version.

    The plain path is the one on which everybody says in full, and at once, what comes first: it is complete,
    it is agreed to, it is paid.

    Attributes:
        name: its workflow type and its law version.
        plain_steps: how many steps the plain path has.
        handoffs, most_handoffs: how often the case goes to somebody who did not have it, be that one or
            several at once: on the plain path, and on the path that has most, each loop gone round once.
        applicant_waits: how many times on the plain path the applicant waits until others have done their
            steps.
        forms, materials, held: which forms an applicant fills in; what materials are handed in, each as often
            as required; and what an agency has already.
        visits: how often the applicant has to come.
        inspections: how many steps are inspections on the spot.
        published: totals that somebody published of this way of working.
        by_silence: what silence decides, or puts in the place of an answer.
        in_time, with_silence: the longest that the authority can take, in days of the calendar; not known
            where a step on the way has no limit.
        endless: steps on the longest path that have no limit.
        awaited: what waits for what.
        left: so many states were not explored; the figures that were counted may be larger.
    """

    name: str
    drawing: Drawing
    plain_steps: int | None
    handoffs: int | None
    most_handoffs: int
    applicant_waits: int | None
    forms: tuple[Form, ...] | None
    materials: tuple[Material, ...] | None
    held: tuple[Material, ...] | None
    visits: int | None
    inspections: int
    published: Published | None
    fees: tuple[Fee, ...]
    by_silence: tuple[Silence, ...]
    in_time: Fraction | None
    with_silence: Fraction | None
    endless: tuple[str, ...]
    awaited: tuple[Awaited, ...]
    left: int

    @property
    def steps(self) -> tuple[Box, ...]:
        """The steps that there are."""
        return tuple(box for box in self.drawing.boxes if box.kind in STEPS)

    @property
    def agencies(self) -> tuple[Party, ...]:
        """The agencies that have a step."""
        return tuple(each for each in self.drawing.lanes if each.kind == "agency")


def figures(name: str, drawing: Drawing, found: LawChecked) -> Figures:
    """The figures of a procedure that was explored and drawn."""
    item, law = drawing.item, found.law
    errands = item.errands_in(drawing.variant)
    plain = _plain(found.graphs[0]) if found.graphs else None
    paths = [path for path in (found.in_time, found.with_silence) if path is not None]
    return Figures(
        name=name,
        drawing=drawing,
        plain_steps=None if plain is None else _opened(found.graphs[0], plain),
        handoffs=None if plain is None else sum(_hands_on(found.graphs[0], each) for each in plain),
        most_handoffs=max((_most_handoffs(graph) for graph in found.graphs), default=0),
        applicant_waits=None if plain is None else _waits(found.graphs[0], plain),
        forms=_forms(item, errands),
        materials=_materials(item, errands),
        held=tuple(each for each in item.materials if each.held_by) if item.materials else None,
        visits=sum(each.in_person for each in errands) if item.errands else item.visits,
        inspections=sum(_is_inspection(item, box) for box in drawing.boxes),
        published=next((each for each in item.published if each.variant == drawing.variant), None),
        fees=law.fees.lines,
        by_silence=tuple(each for each in found.silence if each.follows != "the course goes on"),
        in_time=_bounded(found.in_time),
        with_silence=_bounded(found.with_silence),
        endless=tuple(dict.fromkeys(step for path in paths for step in path.endless)),
        awaited=tuple(_awaited(drawing)),
        left=drawing.left,
    )


def _forms(item: ServiceItem, errands: Sequence[Errand]) -> tuple[Form, ...] | None:
    if not item.errands:
        return item.forms or None
    forms = {each.code: each for each in item.forms}
    return tuple(
        forms[code] for code in dict.fromkeys(each.form for each in errands if each.form is not None)
    )


def _materials(item: ServiceItem, errands: Sequence[Errand]) -> tuple[Material, ...] | None:
    if not item.errands:
        return tuple(each for each in item.materials if not each.held_by) if item.materials else None
    materials = {each.code: each for each in item.materials}
    return tuple(materials[code] for each in errands for code in each.materials)


def _is_inspection(item: ServiceItem, box: Box) -> bool:
    return any(
        issubclass(each.answer, Inspection)
        for each in item.requests
        if box.kind == "request" and each.local_name == box.name
    )


def _bounded(path: Longest | None) -> Fraction | None:
    return None if path is None or path.endless else path.beyond


# --- the plain path -----------------------------------------------------------------------------------------


def _plain(graph: Graph) -> list[Transition] | None:
    """The plain path; None where it does not come to an end within what was explored."""
    first: dict[int, Transition] = {}
    for each in graph.transitions:
        move = each.move
        spoken = move.does in SPOKEN and not move.odd and not move.rare and move.whole
        if spoken and each.source != each.target:
            first.setdefault(each.source, each)
    opens = [each for each in graph.transitions if each.move.does == "opens"]
    path, at = opens[:1], opens[0].target if opens else 0
    while not graph.states[at].closed:
        if at not in first or len(path) > len(graph.states):
            return None
        path.append(first[at])
        at = first[at].target
    return path


def _new(graph: Graph, transition: Transition) -> tuple[set[tuple[str, Party]], set[Party]]:
    """The steps that a move opens, and who has none of those before and has one of them now."""
    opens = transition.move.does == "opens"
    before = () if opens else graph.states[transition.source].open
    known = {(each.step, each.holder) for each in before}
    opened = {
        (each.step, each.holder)
        for each in graph.states[transition.target].open
        if (each.step, each.holder) not in known
    }
    had = {APPLICANT} if opens else {each.holder for each in before}
    return opened, {holder for _, holder in opened} - had


def _opened(graph: Graph, path: list[Transition]) -> int:
    handed = sum(each.kind == "handed-over" for one in path for each in one.happened)
    return sum(len(_new(graph, each)[0]) for each in path) + handed


def _hands_on(graph: Graph, transition: Transition) -> int:
    return 1 if _new(graph, transition)[1] else 0


def _waits(graph: Graph, path: list[Transition]) -> int:
    """How many stretches of a path there are in which others have the case and the applicant does not."""
    others = [
        bool(open_) and all(each.holder != APPLICANT for each in open_)
        for open_ in (graph.states[each.target].open for each in path)
    ]
    return sum(now and not before for before, now in zip([False, *others], others, strict=False))


def _most_handoffs(graph: Graph) -> int:
    outgoing = forward(graph)
    opens = [each for each in graph.transitions if each.move.does == "opens"]
    most = {0: sum(_hands_on(graph, each) for each in opens[:1])}
    for number in in_order(graph, outgoing):
        if number not in most:
            continue
        for each in outgoing.get(number, ()):
            if each.move.does not in DOES_NOT_COUNT:
                count = most[number] + _hands_on(graph, each)
                most[each.target] = max(most.get(each.target, 0), count)
    return max(most.values())


# --- who waits for whom -------------------------------------------------------------------------------------


def _awaited(drawing: Drawing) -> Iterator[Awaited]:
    """What each step and decision comes after, as it is drawn; what leads back is left out."""
    members = {each.key: each.members for each in drawing.together}
    inner = {
        edge.target
        for edge in drawing.edges
        if edge.source not in members and drawing.unit(edge.source) == drawing.unit(edge.target)
    }
    for box in drawing.boxes:
        if box.kind not in (*STEPS, "decision"):
            continue
        unit = drawing.unit(box.key)
        after: list[str] = []
        for edge in drawing.edges:
            into = edge.target == box.key or (edge.target == unit and box.key not in inner)
            if into and not edge.back:
                after += [
                    key
                    for key in members.get(edge.source, (edge.source,))
                    if drawing.box(key).kind != "start"
                ]
        yield Awaited(box, tuple(drawing.box(key) for key in dict.fromkeys(after)))
