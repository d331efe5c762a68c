"""Whether both layers agree: on paths drawn from the graph, the real workflow says what the course said.

Each path is lived three times: in layer A in one run; driven in one run; driven with a new run after every
event. Compared is all that leaves a case, and nothing may differ: each entry by its hash, and so every value
and instant of it; the messages to agencies and applicant that leave with it; the fences; the result.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any, NamedTuple

from contracts.platform import Posting
from contracts.terms.directory import Directory
from seamless.explore.driven import NotAsked, drive
from seamless.explore.driver import TaskFailed
from seamless.explore.exploring import unhurried
from seamless.explore.graph import Graph
from seamless.explore.lines import Lines
from seamless.explore.opening import opening
from seamless.explore.paths import Path, RandomWalks, share
from seamless.explore.scenes import Faulty, Lived, scenes_of
from seamless.explore.story import story
from workflows.case import Procedure

MOST = 10
"""How many disagreements are kept."""

RUNS = {False: "driven in one run", True: "driven with a new run after every event"}


class Disagreement(NamedTuple):
    """Where the layers do not agree, and the path on which they do not."""

    told: str
    story: tuple[str, ...]


@dataclass
class Agreement:
    """What was compared of a procedure.

    Attributes:
        paths, moves, new_runs: so many.
        strayed: so many paths did not lead where the graph says, see :class:`seamless.explore.scenes.Scenes`.
        drawn, possible: of the transitions that lie on a way to a closed case, so many were drawn.
        disagreements: the first ones.
    """

    procedure: str
    paths: int = 0
    moves: int = 0
    new_runs: int = 0
    strayed: int = 0
    drawn: int = 0
    possible: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)


def agree(
    procedure: type[Procedure[Any]],
    graphs: Sequence[Graph],
    directory: Directory,
    paths: int,
    seed: int,
    progress: Callable[[int], object] | None = None,
) -> Agreement:
    """Live paths of a procedure in both layers.

    Args:
        graphs: of the procedure, under each of its law versions.
        paths: so many at least.
        seed: the same draws the same paths from the same graphs.
        progress: told now and then how many paths were lived.
    """
    found, lines = Agreement(procedure.workflow_type), Lines(procedure)
    with unhurried():
        for graph, count in zip(graphs, share(graphs, paths), strict=True):
            walks = RandomWalks(graph, random.Random(f"{seed} {graph.law.id} {graph.label}"))
            found.possible += len(walks.left)
            for path in walks.paths(count):
                _compare(procedure, graph, directory, path, lines, found)
                if progress is not None:
                    progress(found.paths)
            found.drawn -= len(walks.left)
    found.drawn += found.possible
    return found


def _compare(
    procedure: type[Procedure[Any]],
    graph: Graph,
    directory: Directory,
    path: Path,
    lines: Lines,
    found: Agreement,
) -> None:
    opened = opening(procedure, graph.law, graph.application, directory)
    found.paths += 1
    found.moves += len(path)
    told: list[str] = []
    try:
        scenes = scenes_of(procedure, opened, graph.states, path, lines)
    except Faulty as fault:
        told.append(f"in one run: {fault}")
    else:
        found.strayed += scenes.strayed
        for new_runs, how in RUNS.items():
            if new_runs and len(path) < 2:  # after what closes it, a case has no new run
                continue
            try:
                lived = drive(procedure, opened, scenes, new_runs=new_runs)
            except (TaskFailed, NotAsked) as error:
                told.append(f"{how}: {error}")
                continue
            found.new_runs += lived.runs - 1
            told += [f"{how}: {each}" for each in differences(scenes.lived, lived)]
    way = tuple(story([graph.transitions[0], *path]))
    for each in told:
        if len(found.disagreements) < MOST and each not in (known.told for known in found.disagreements):
            found.disagreements.append(Disagreement(each, way))


def differences(explored: Lived, driven: Lived) -> Iterator[str]:
    """What differs first between what came of a path in layer A, and in layer B."""
    for before, after in pairwise(driven.postings):
        if after.entry.previous != before.entry.hash:
            yield f"{_name(after)} follows {_name(before)}, on whose hash it does not build"
            return
    for said, other in zip_longest(explored.postings, driven.postings):
        if said is None or other is None:
            more = "less" if other is None else "more"
            yield f"it says {more} than explored, from {_name(said or other)} on"
            return
        if said.entry.hash != other.entry.hash:
            yield f"{_name(said)} became {_name(other)}; {_fields(said, other)} differ"
            return
        if said.letters != other.letters:
            yield f"{_name(said)} left with {_letters(said)}, and now with {_letters(other)}"
            return
    if explored.fences != driven.fences:
        yield f"{len(explored.fences)} fences became {len(driven.fences)}, or others"
    if explored.closing != driven.closing:
        yield f"its result {explored.closing!r} became {driven.closing!r}"


def _name(posting: Posting) -> str:
    entry = posting.entry
    return f"entry {entry.sequence} ({' '.join(filter(None, (entry.kind, entry.step, entry.outcome)))})"


def _fields(one: Posting, other: Posting) -> str:
    first, second = (each.entry.model_dump(mode="json") for each in (one, other))
    names = [name for name in first | second if first.get(name) != second.get(name)]
    return ", ".join(name for name in names if name not in ("hash", "data", "data_digest")) or "the data"


def _letters(posting: Posting) -> str:
    return ", ".join(f"{each.type} to {each.topic}" for each in posting.letters) or "no message"
