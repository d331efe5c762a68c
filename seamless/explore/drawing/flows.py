"""What a course goes through, read off the graphs: which steps are open together, what leads where, and by
which outcomes. Rounds fall together: a step that is opened again is the same box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from contracts.terms.decisions import Ended
from contracts.terms.identifiers import APPLICANT, Party
from contracts.terms.requests import End, Escalate
from contracts.terms.service_item import ServiceItem
from seamless.explore.drawing.model import CLOSED, LAW, START, Box, Kind, Silent, Together
from seamless.explore.graph import BY_SILENCE, Graph, Happening, Open, State, Transition, local, ordinal

OF_NO_STEP = ("withdraws", "cancels", "outage")
"""Moves that are possible everywhere, or lead nowhere that silence does not."""

OPENING = ("requested", "waiting", "fee-due", "asked-applicant", "referred")
"""Entries that open a step, or give it to another one."""

BY_WORD = ("answered", "reported", "paid", "supplemented")
"""Entries that end a step since somebody spoke."""

Said = tuple[Literal["said"], str]
Label = Said | Silent


class Flow(NamedTuple):
    """A move by which a course comes from boxes to the next one.

    Attributes:
        source, target: a box, or boxes that are open together.
        movers: the boxes whose end it was, each with its outcome.
        path: how the boxes that were open together have ended until then, these included.
        early: others of them were open still.
        round: so often its step was opened.
        order: of its first occurrence.
    """

    source: str
    target: str
    movers: tuple[tuple[str, Label], ...]
    path: tuple[tuple[str, Label], ...]
    early: bool
    round: int
    order: tuple[int, int, int]
    transition: Transition | None


@dataclass
class Flows:
    """The boxes of a procedure and what leads from one to another, in the order in which they were found."""

    item: ServiceItem
    graphs: Sequence[Graph]
    boxes: dict[str, Box] = field(default_factory=dict)
    together: list[Together] = field(default_factory=list)
    found: list[Flow] = field(default_factory=list)

    def __post_init__(self) -> None:
        office = not self.item.withdrawable and not self.item.applicants
        opener = Party.agency(self.item.lead) if office else APPLICANT
        self.boxes[START] = Box(START, "start", START, opener)
        self._results: dict[str, list[str]] = {}
        for graph in self.graphs:
            for state in graph.states:
                for each in state.open:
                    self._add(each, state)
        self.together = list(self._open_together())
        self._unit = {key: each.key for each in self.together for key in each.members}
        self._members = {each.key: each.members for each in self.together}
        for number, graph in enumerate(self.graphs):
            for index, transition in enumerate(graph.transitions):
                if transition.move.does not in OF_NO_STEP:
                    order = (graph.states[transition.source].depth, number, index)
                    self.found += self._flows(graph, transition, order)
        self.found.sort(key=lambda flow: flow.order)
        for key, results in self._results.items():
            box = self.boxes[key]
            self.boxes[key] = Box(key, box.kind, box.name, None, results=tuple(results))

    def unit(self, key: str) -> str:
        """The boxes that are open together with this one, or itself."""
        return self._unit.get(key, key)

    # --- the boxes -----------------------------------------------------------------------------------------

    def _add(self, step: Open, state: State) -> None:
        key = key_of(step)
        if key in self.boxes:
            return
        end = next((rung for rung in step.ladder if isinstance(rung, End)), None)
        graces = tuple(rung.grace for rung in step.ladder if isinstance(rung, Escalate))
        asked = next((each for each in self.item.requests if each.local_name == step.name), None)
        kind: Kind = "request" if asked else "pays" if step.pays else "wait"
        if not asked and "supplemented" in step.wants:
            kind = "supplement"
        instead = Party.agency(asked.agency) if asked and step.referred else None
        if kind != "request":  # it ends, and the course goes on
            end = None
        self.boxes[key] = Box(
            key, kind, step.name, step.holder, step.limit, graces, end, instead, wants=step.wants
        )

    def _open_together(self) -> Iterator[Together]:
        """The boxes that are open at the same time in some state, and those open together with them."""
        group = {key: key for key in self.boxes}

        def root(key: str) -> str:
            while group[key] != key:
                key = group[key]
            return key

        order = list(self.boxes)
        for graph in self.graphs:
            for state in graph.states:
                keys = [key_of(each) for each in state.open]
                for key in keys[1:]:
                    first, second = sorted((root(keys[0]), root(key)), key=order.index)
                    group[second] = first
        for box in self.boxes.values():  # who answers in the place of another belongs to what that one does
            if box.instead_of is not None and (key := f"{box.name} {box.instead_of}") in group:
                first, second = sorted((root(key), root(box.key)), key=order.index)
                group[second] = first
        for key in order:
            members = tuple(each for each in order if root(each) == key)
            if len(members) > 1:
                yield Together(f"together {key}", members)

    # --- what leads where ----------------------------------------------------------------------------------

    def _flows(self, graph: Graph, transition: Transition, order: tuple[int, int, int]) -> Iterator[Flow]:
        source, target = graph.states[transition.source], graph.states[transition.target]
        movers = self._movers(source, transition)
        opens = transition.move.does == "opens"
        before = set() if opens else {(each.step, each.holder) for each in source.open}
        # The state after a round may be the one before it, in which the step has its first ordinal.
        again = {local(each.step or "") for each in transition.happened if each.kind in OPENING}
        opened = [
            each
            for each in target.open
            if (each.step, each.holder) not in before
            or (each.name in again and each.step in transition.ended)
        ]
        chain = list(self._chain(transition, target, opened))
        if not chain or (not movers and not opens):
            return
        if opens or transition.move.does == "law":
            first = START if opens else LAW
            path = () if opens else movers
            yield Flow(first, chain[0], path, path, False, 1, order, transition)
        else:
            yield from self._from_steps(graph, transition, movers, opened, chain[0], order)
        for one, next_one in pairwise(chain):
            yield Flow(one, next_one, (), (), False, 1, order, transition)

    def _from_steps(
        self,
        graph: Graph,
        transition: Transition,
        movers: tuple[tuple[str, Label], ...],
        opened: Sequence[Open],
        first: str,
        order: tuple[int, int, int],
    ) -> Iterator[Flow]:
        source, target = graph.states[transition.source], graph.states[transition.target]
        keys = [key_of(each) for each in opened]
        rounds = max((ordinal(each.step) for each in source.open if each.step in transition.ended), default=1)
        unit = self.unit(movers[0][0])
        members = self._members.get(unit, (movers[0][0],))
        begun = [each.step or "" for each in transition.happened if each.kind in OPENING[:-1]]
        again = any(ordinal(step) > 1 for step in begun)
        left = [key for each in target.open if (key := key_of(each)) in members and key not in keys]
        if len(members) > 1 and keys and all(key in members for key in keys) and (left or not again):
            for key in keys:  # it goes on within
                mine = [each for each in movers if self.boxes[each[0]].name == self.boxes[key].name]
                for mover in mine or movers:
                    yield Flow(mover[0], key, (mover,), (mover,), False, rounds, order, transition)
            return
        moved = {key for key, _ in movers}
        early = any(key in members and key not in moved for each in source.open if (key := key_of(each)))
        path = (*self._until(graph, transition, members), *movers) if len(members) > 1 else movers
        yield Flow(unit, first, movers, path, early, rounds, order, transition)

    def _chain(self, transition: Transition, target: State, opened: Sequence[Open]) -> Iterator[str]:
        """What comes of a move: what is handed over, decided, asked next; or that it is closed."""
        chain = []
        for each in transition.happened:
            if each.kind == "handed-over":
                chain.append(self._handed_over(each))
            elif each.kind == "decided" and target.decided is not None:
                chain.append(self._decided(target))
        yield from chain
        if opened:
            keys = [key_of(each) for each in opened]
            yield self.unit(keys[0])
        elif target.closed and not any(self.boxes[key].kind == "decision" for key in chain):
            self.boxes.setdefault(CLOSED, Box(CLOSED, "closed", CLOSED, None))
            yield CLOSED

    def _handed_over(self, happened: Happening) -> str:
        name = local(happened.step or "")
        agency = happened.agency or next(
            (each.agency for each in self.item.hand_overs if each.local_name == name), None
        )
        holder = Party.agency(agency) if agency else None
        key = f"{name} {holder}"
        self.boxes.setdefault(key, Box(key, "hand-over", name, holder))
        return key

    def _decided(self, state: State) -> str:
        assert state.decided is not None
        key = state.decided.outcome
        self.boxes.setdefault(key, Box(key, "decision", key, None))
        results = self._results.setdefault(key, [])
        if isinstance(state.decided, Ended) and state.decided.result not in results:
            results.append(state.decided.result)
        return key

    def _movers(self, source: State, transition: Transition) -> tuple[tuple[str, Label], ...]:
        """The boxes whose own end a move is, with its outcome; not those that are stopped by it."""
        opens = {each.step: each for each in source.open}
        found: dict[str, Label] = {}
        if transition.move.does == "law":
            self.boxes.setdefault(LAW, Box(LAW, "law", LAW, None, limit=self.graphs[0].law.statutory))
            return ((LAW, Silent("over")),)
        for each in transition.happened:
            if each.kind in BY_SILENCE and each.step in opens:
                key = key_of(opens[each.step])
                found[key] = _silent(each) if self.boxes[key].kind == "request" else Silent("over")
        told = [each.step for each in transition.happened if each.kind in BY_WORD]
        for step in (transition.move.step, *told):
            if step in transition.ended and step in opens:
                found[key_of(opens[step])] = ("said", _said(transition))
        if not found:
            found = {key_of(opens[step]): Silent("over") for step in transition.ended if step in opens}
        return tuple(found.items())

    def _until(
        self, graph: Graph, transition: Transition, members: Sequence[str]
    ) -> Iterator[tuple[str, Label]]:
        """How the boxes that are open together have ended before a move, on the shortest way to it."""
        found: list[tuple[str, Label]] = []
        for before in reversed(graph.path(transition.source)):
            source = graph.states[before.source]
            if before.move.does == "opens" or not any(key_of(each) in members for each in source.open):
                break
            movers = self._movers(source, before)
            found += [each for each in movers if each[0] in members and each[1] != Silent("referred")]
        yield from reversed(found)


def key_of(step: Open) -> str:
    """Which box a step is."""
    return f"{step.name} {step.holder}"


def _silent(happened: Happening) -> Silent:
    match happened.kind:
        case "deemed":
            return Silent("deemed", happened.outcome)
        case "referred":
            return Silent("referred")
    return Silent("lapsed", happened.reason)


def _said(transition: Transition) -> str:
    """What was said: an outcome, a report; or that it was paid, or handed in."""
    move = transition.move
    if move.does == "reports":
        told = next((each.outcome for each in transition.happened if each.kind == "reported"), None)
        return told or move.said
    return {"pays": "paid", "hands-in": "handed-in"}.get(move.does) or move.outcome or move.does
