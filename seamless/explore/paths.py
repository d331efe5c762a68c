"""Sampling paths from the graph of an explored course: each decision, then each transition."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from seamless.explore.graph import Graph, Transition

LONGEST = 30
"""After how many moves a path takes the shortest way to its end."""

Path = tuple[Transition, ...]
"""From the first move after the opening to the last one before the case is closed."""


def share(graphs: Sequence[Graph], paths: int) -> list[int]:
    """How many paths to draw from each graph: as many from each law version, and of one law version more from
    the larger graph; one from each at least, where there are so many."""
    laws = list(dict.fromkeys(graph.law.id for graph in graphs))
    sizes = [len(graph.transitions) for graph in graphs]
    wholes = {law: sum(size for graph, size in zip(graphs, sizes, strict=True) if graph.law.id == law)
              for law in laws}  # fmt: skip
    shares = [
        max(1, paths * size // (len(laws) * wholes[graph.law.id]))
        for graph, size in zip(graphs, sizes, strict=True)
    ]
    shares[0] += max(0, paths - sum(shares))
    return shares


class RandomWalks:
    """Draws paths from one graph, the same for the same ``chance``.

    First one to each decision; then each through a transition that none has taken, as long as there is one;
    at each state rather where none has gone yet.

    Attributes:
        left: the transitions on the way to a closed case that no path has taken yet.
    """

    def __init__(self, graph: Graph, chance: random.Random) -> None:
        self._graph, self._chance = graph, chance
        self._moves_left = _moves_left(graph)
        self._out: dict[int, list[Transition]] = {}
        for each in graph.transitions[1:]:  # the first one is the opening
            if each.target in self._moves_left:
                self._out.setdefault(each.source, []).append(each)
        self.left = {id(each): each for found in self._out.values() for each in found}
        ways: dict[str, Path] = {}
        for state in graph.states:
            if state.closed:
                ways.setdefault(repr(state.decided), self._way_to(state.number))
        self._decisions = list(ways.values())

    def paths(self, count: int) -> Iterator[Path]:
        """So many paths; one may be drawn twice where a graph has few. None where nothing closes the case."""
        if 0 not in self._moves_left:
            return
        for number in range(count):
            path = self._decisions[number] if number < len(self._decisions) else self._drawn()
            for each in path:
                self.left.pop(id(each), None)
            yield path

    def _drawn(self) -> Path:
        path: list[Transition] = []
        if self.left:
            through = self._chance.choice(list(self.left.values()))
            path = [*self._way_to(through.source), through]
        at = path[-1].target if path else 0
        while self._moves_left[at]:
            path.append(self._next(at, hurried=len(path) >= LONGEST))
            at = path[-1].target
        return tuple(path)

    def _next(self, at: int, *, hurried: bool) -> Transition:
        possible = self._out[at]
        if hurried:
            return min(possible, key=lambda each: self._moves_left[each.target])
        new = [each for each in possible if id(each) in self.left]
        return self._chance.choice(new or possible)

    def _way_to(self, state: int) -> Path:
        return tuple(self._graph.path(state)[1:])


def _moves_left(graph: Graph) -> dict[int, int]:
    """How many moves at least are left from each state to a closed case. What never closes is not in it."""
    entering: dict[int, list[int]] = {}
    for each in graph.transitions[1:]:
        entering.setdefault(each.target, []).append(each.source)
    found = {state.number: 0 for state in graph.states if state.closed}
    waiting = list(found)
    for target in waiting:  # it grows
        for source in entering.get(target, ()):
            if source not in found:
                found[source] = found[target] + 1
                waiting.append(source)
    return found
