"""Making the drawing of a procedure from what was explored under one law version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from contracts.terms.clock_rules import NothingFollows
from contracts.terms.identifiers import APPLICANT, Party
from contracts.terms.service_item import ServiceItem
from seamless.explore.check import LawChecked
from seamless.explore.drawing.flows import Flow, Flows, Label, key_of
from seamless.explore.drawing.model import Box, Drawing, Edge, Silent
from seamless.explore.graph import Transition
from seamless.explore.limits import Longest, Reckoned, length_of


def drawing_of(workflow_type: str, item: ServiceItem, found: LawChecked) -> Drawing:
    """The drawing of a procedure under the law version that it was explored under.

    Args:
        workflow_type: its class, by the name that is told.
    """
    flows = Flows(item, found.graphs)
    reckoned: Reckoned = "with-silence" if isinstance(found.law.late, NothingFollows) else "in-time"
    path = found.with_silence if reckoned == "with-silence" else found.in_time
    if path is not None and not path.own:
        path = None
    steps, moves = _marked(flows, found, path, reckoned)
    boxes = tuple(replace(each, longest=each.key in steps) for each in flows.boxes.values())
    return Drawing(
        workflow_type,
        item,
        found.law,
        boxes,
        tuple(flows.together),
        tuple(_edges(flows, steps, moves)),
        _lanes(item, boxes),
        reckoned if path is not None else None,
        _beyond(found.in_time),
        _beyond(found.with_silence),
        len(found.graphs[0].left) if found.graphs else 0,
    )


def _beyond(path: Longest | None) -> Fraction | None:
    return None if path is None else path.beyond


def _lanes(item: ServiceItem, boxes: Iterable[Box]) -> tuple[Party, ...]:
    """Who has a step: the applicant first, then the lead agency, then the others as they come."""
    found = list(dict.fromkeys(each.lane for each in boxes if each.lane is not None))
    first = (APPLICANT, Party.agency(item.lead))
    return (*(each for each in first if each in found), *(each for each in found if each not in first))


# --- the edges ----------------------------------------------------------------------------------------------


def _edges(flows: Flows, steps: Collection[str], moves: Collection[int]) -> Iterable[Edge]:
    """One edge for all flows between the same two, in the order of the first of each."""
    flows_of: dict[tuple[str, str], list[Flow]] = {}
    for flow in _from_single_steps(flows):
        flows_of.setdefault((flow.source, flow.target), []).append(flow)
    by_source: dict[str, dict[str, list[Flow]]] = {}
    for (source, target), found in flows_of.items():
        by_source.setdefault(source, {})[target] = found
    backs = _backs(flows, flows_of)
    rounds = _rounds(flows_of)
    for (source, target), found in flows_of.items():
        members = next((each.members for each in flows.together if each.key == source), ())
        labels, of = (
            _labels(by_source[source], target, rounds) if members else (_first_time(found, rounds), None)
        )
        passed = any(id(each.transition) in moves for each in found)
        inner = source in flows.boxes and flows.unit(source) == flows.unit(target)
        yield Edge(
            source,
            target,
            tuple(each[1] for each in labels if not isinstance(each, Silent)),
            tuple(each for each in labels if isinstance(each, Silent)),
            of if labels else None,
            back=(source, target) in backs,
            longest=passed and (not inner or (source in steps and target in steps)),
        )


def _from_single_steps(flows: Flows) -> list[Flow]:
    """The flows; where only one of the boxes that are open together ever leads somewhere, and it does not
    wait for the others, they begin at that one."""
    members = {each.key: each.members for each in flows.together}
    movers: dict[tuple[str, str], set[str]] = {}
    for flow in flows.found:
        if flow.source in members:
            movers.setdefault((flow.source, flow.target), set()).update(key for key, _ in flow.movers)
    found = []
    for flow in flows.found:
        mine = movers.get((flow.source, flow.target), set())
        early = any(
            each.early for each in flows.found if (each.source, each.target) == (flow.source, flow.target)
        )
        if len(mine) == 1 and early:
            flow = flow._replace(source=next(iter(mine)), path=flow.movers)
        found.append(flow)
    return found


Rounds = dict[tuple[str, Label], int]


def _rounds(flows_of: dict[tuple[str, str], list[Flow]]) -> Rounds:
    """In which round each box, or those that are open together, had each outcome first."""
    rounds: Rounds = {}
    for (source, _), found in flows_of.items():
        for flow in found:
            for _, label in flow.path:
                rounds[source, label] = min(rounds.get((source, label), flow.round), flow.round)
    return rounds


def _first_time(found: Sequence[Flow], rounds: Rounds) -> list[Label]:
    """The outcomes that lead somewhere: those that do so the first time that there is such an outcome."""
    labels = [(flow, label) for flow in found for _, label in flow.path]
    firsts = [label for flow, label in labels if rounds[flow.source, label] == flow.round]
    return list(dict.fromkeys(firsts or [label for _, label in labels]))


def _labels(
    targets: dict[str, list[Flow]], target: str, rounds: Rounds
) -> tuple[list[Label], Literal["one", "all"] | None]:
    """By which outcomes boxes that are open together lead to one of several targets: those that lead there
    only, of which one is enough, whoever says it; or, without any, those that do not lead elsewhere only."""
    all_of = {key: _first_time(found, rounds) for key, found in targets.items()}
    own = {
        key: [
            label
            for label in labels
            if not any(label in others for other, others in all_of.items() if other != key)
        ]
        for key, labels in all_of.items()
    }
    if len(targets) == 1:
        return all_of[target], "one" if any(flow.early for flow in targets[target]) else "all"
    if own[target] and len(own[target]) < len(all_of[target]):
        said_by = {
            key.rpartition(" ")[0]
            for flow in targets[target]
            for key, label in flow.path
            if label in own[target]
        }
        return own[target], "one" if len(said_by) > 1 else None  # else it is what that one says
    elsewhere = {label for key, labels in own.items() if key != target for label in labels}
    labels = [label for label in all_of[target] if label not in elsewhere]
    return labels, "one" if all(flow.early for flow in targets[target]) else "all"


def _backs(flows: Flows, edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The edges that close a circle, in the order in which they were found."""
    after: dict[str, set[str]] = {}
    found = set()
    for source, target in edges:
        inner = flows.unit(source) == flows.unit(target)
        one, other = (source, target) if inner else (flows.unit(source), flows.unit(target))
        if one == other or _reaches(after, other, one):
            found.add((source, target))
        else:
            after.setdefault(one, set()).add(other)
    return found


def _reaches(after: dict[str, set[str]], source: str, target: str) -> bool:
    seen, left = {source}, [source]
    while left:
        for each in after.get(left.pop(), ()):
            if each not in seen:
                seen.add(each)
                left.append(each)
    return target in seen


# --- the longest path ---------------------------------------------------------------------------------------


def _marked(
    flows: Flows, found: LawChecked, path: Longest | None, reckoned: Reckoned
) -> tuple[set[str], set[int]]:
    """The boxes that make the longest path as long as it is, and the moves of it, by identity."""
    if path is None:
        return set(), set()
    graph = next(
        each for each in found.graphs if path.path and any(path.path[0] is one for one in each.transitions)
    )
    steps: set[str] = set()
    block: dict[str, Fraction] = {}
    for transition in path.path:
        source = graph.states[transition.source]
        for each in source.open:
            if each.step in _ended(transition):
                key = key_of(each)
                before = [length for other, length in block.items() if flows.boxes[other].name == each.name]
                block[key] = sum(before, length_of(each, reckoned))
        if transition.went_on and block:
            last = max(block, key=lambda key: block[key])
            steps |= {key for key in block if flows.boxes[key].name == flows.boxes[last].name}
            block = {}
    return steps, {id(each) for each in path.path}


def _ended(transition: Transition) -> set[str | None]:
    by_silence = {each.step for each in transition.happened if each.kind in ("deemed", "lapsed", "referred")}
    told = {
        each.step
        for each in transition.happened
        if each.kind in ("answered", "reported", "paid", "supplemented")
    }
    return by_silence | told
