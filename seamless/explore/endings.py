"""Whether every path comes to its end: no state from which the case cannot be closed any more, no silence
that goes round and round without anybody being told."""

from __future__ import annotations

from collections.abc import Iterator

from seamless.explore.graph import NOT_BY_ITSELF, Broken, Graph, Transition

TELLS = {"escalated", "overdue", "referred", "marked"}
"""Entries by which somebody hears that something is late."""


def endings(graph: Graph) -> Iterator[Broken]:
    """What does not come to its end."""
    yield from _never_closed(graph)
    yield from _silent_rounds(graph)


def _never_closed(graph: Graph) -> Iterator[Broken]:
    entering: dict[int, list[int]] = {}
    for each in graph.transitions:
        if each.move.does not in NOT_BY_ITSELF:
            entering.setdefault(each.target, []).append(each.source)
    closes = _leading_to({each.number for each in graph.states if each.closed or each.fault}, entering)
    unknown = _leading_to(set(graph.left), entering)
    broken = {each.transition.target for each in graph.broken}
    cut = _leading_to({each.number for each in graph.states if each.cut}, entering)
    for state in graph.states:
        if state.cut or state.number in closes | unknown | broken:
            continue
        if state.number in cut:
            loop = next(each.cut for each in graph.states if each.cut)
            told = f"it goes round and never comes to an end, whatever is said: {loop} again and again"
        else:
            told = "from here on the case is never closed, whatever is said"
        yield Broken("never-closed", told, graph.parents[state.number])
        return


def _leading_to(found: set[int], entering: dict[int, list[int]]) -> set[int]:
    left = list(found)
    while left:
        for source in entering.get(left.pop(), ()):
            if source not in found:
                found.add(source)
                left.append(source)
    return found


def _silent_rounds(graph: Graph) -> Iterator[Broken]:
    """Where everybody stays silent for ever."""
    silence = {each.source: each for each in graph.transitions if each.move.does == "silence"}
    for state in graph.states:
        path: dict[int, Transition] = {}
        at = state.number
        while at in silence and at not in path:
            path[at] = silence[at]
            at = silence[at].target
        going_round = at in path
        if not going_round and (not graph.states[at].cut or len(path) < graph.rounds):
            continue
        numbers = list(path)
        round_ = numbers[numbers.index(at) :] if going_round else numbers
        told = [each.kind for number in round_ for each in path[number].happened]
        if round_ and not TELLS & set(told):
            again = ", ".join(each.name for each in graph.states[round_[0]].open)
            text = f"if everybody stays silent, {again} is waited for repeatedly, and nobody is told"
            yield Broken("silence-goes-round", text, path[round_[-1]])
            return
