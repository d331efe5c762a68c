"""Which lines of a procedure ran in the SDK's sandbox and were allowed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any

from activities.checks import CHECKS
from contracts.terms.directory import Directory
from seamless.explore.check import check_law, laws_of
from seamless.explore.driven import NotAsked, drive
from seamless.explore.driver import TaskFailed
from seamless.explore.exploring import unhurried
from seamless.explore.graph import Graph
from seamless.explore.lines import Lines
from seamless.explore.opening import opening
from seamless.explore.paths import Path
from seamless.explore.scenes import Faulty, scenes_of
from workers.orchestrator.sandbox import sandbox
from workflows.case import Procedure

PATHS = 3_000
"""How many are tried at most; fewer if every line was reached before."""


def unreached_in_sandbox(
    procedure: type[Procedure[Any]], directory: Directory, paths: int = PATHS
) -> list[str]:
    """The lines that the sandbox did not reach, as ``file:line``; and what failed in it, with why.

    Of the ways through what was explored under each law version, those that reach a line that none before has
    reached are driven in the sandbox that cases run in, each in one run.

    Args:
        paths: so many ways are tried at most.
    """
    explored, lines, runner, failed = Lines(procedure), Lines(procedure), sandbox(), []
    graphs = [
        graph
        for law in laws_of(procedure)
        for graph in check_law(procedure, law, directory, CHECKS).graphs
        if not graph.begun_before  # a run that has just begun goes by the new code
    ]
    with unhurried():
        for _, (graph, path) in zip(range(paths), _ways(graphs), strict=False):
            opened, left = opening(procedure, graph.law, graph.application, directory), explored.left
            try:
                with explored.watched():
                    scenes = scenes_of(procedure, opened, graph.states, path, explored)
                if explored.left < left:
                    with lines.watched():
                        drive(procedure, opened, scenes, runner=runner)
            except (Faulty, TaskFailed, NotAsked) as error:
                failed.append(" ".join(str(error).split()))
            if explored.all_reached or failed:
                break
    return [*failed, *(f"{each.file}:{each.number}" for each in lines.unreached)]


def _ways(graphs: list[Graph]) -> Iterator[tuple[Graph, Path]]:
    """The ways through each graph in turn."""
    return (each for each in chain.from_iterable(zip_longest(*map(_ways_of, graphs))) if each is not None)


def _ways_of(graph: Graph) -> Iterator[tuple[Graph, Path]]:
    """The shortest way to each end; then that through each transition, also where what follows was not
    explored."""
    for state in graph.states:
        if state.closed:
            yield graph, tuple(graph.path(state.number)[1:])
    for transition in graph.transitions[1:]:
        yield graph, tuple(graph.way(transition)[1:])
