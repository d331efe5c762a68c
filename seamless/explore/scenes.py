"""A path in one run of layer A: what is said to the case at which instant, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from contracts.platform import Cancellation, Closing, Delivered, Fence, FencePassed, Opened, Posting
from contracts.wire.messages import Paid
from seamless.explore.graph import Move, State
from seamless.explore.lines import Lines
from seamless.explore.paths import Path
from seamless.explore.play import Play
from workflows.case import Procedure


class Scene(NamedTuple):
    """A move of a path.

    Attributes:
        at: when it is made.
        heard: what the case is told; None where time passes.
        until: so far time passes by it.
        said: so many entries the ledger has after it.
    """

    at: datetime
    heard: Delivered | Cancellation | None
    until: datetime
    said: int


class Lived(NamedTuple):
    """What came of a path.

    Attributes:
        postings: the ledger, each entry with the messages to agencies and applicant that left with it.
        fences: what was waited for before a consequence took effect, in the order in which it was first asked
            for.
        closing: the result of the case; None where it is not closed.
        runs: in so many runs of the case.
    """

    postings: Sequence[Posting]
    fences: Sequence[Fence]
    closing: Closing | None
    runs: int = 1


class Scenes(NamedTuple):
    """A path with its instants.

    Attributes:
        found: what each fence on the way found.
        lived: what came of it.
        strayed: it did not lead where the graph says. A state of the graph knows no dates; where a path goes
            round for so long that a limit of the law ends on the way, that comes first. It is lived as far as
            it goes.
    """

    scenes: tuple[Scene, ...]
    found: Sequence[tuple[Fence, FencePassed]]
    lived: Lived
    strayed: bool = False


class Faulty(Exception):
    """The course fails on a path on which, when it was explored, it did not."""


def scenes_of(
    procedure: type[Procedure[Any]], opened: Opened[Any], states: Sequence[State], path: Path, lines: Lines
) -> Scenes:
    """Play a path in one single run.

    Args:
        states: those of the graph that the path is drawn from.
        lines: of the procedure; none is noted.

    Raises:
        Faulty: the course fails.
    """
    play = Play(procedure, opened, opened.received, lines, whole=True)
    scenes: list[Scene] = []
    for each in path:
        move, at = _here(each.move, states[each.source], play), play.runtime.time
        if move is None or play.closing is not None:
            break
        play.do(move, watched=False)
        if play.fault is not None:
            raise Faulty(play.fault)
        scenes.append(Scene(at, play.heard, play.runtime.time, play.journal.sequence))
    last = states[path[-1].target if path else 0]
    strayed = play.closing is None or last.decided not in (None, play.case.decision)
    fences = list({fence.model_dump_json(): fence for fence, _ in play.runtime.found}.values())
    lived = Lived(play.runtime.postings, fences, play.closing)
    return Scenes(tuple(scenes), play.runtime.found, lived, strayed or len(scenes) < len(path))


def _here(move: Move, state: State, play: Play) -> Move | None:
    """A move as it is made in this case, which may have gone round a loop more often than the one that the
    graph knows: the step that is open at its place, and a payment of its own. None: nothing is."""
    waits, opens = list(play.journal.waits), [each.step for each in state.open]
    if move.step in opens:
        place = opens.index(move.step)
        if len(waits) != len(opens):
            return None
        move = replace(move, step=waits[place])
    if isinstance(move.message, Paid):
        reference = f"bank-{play.journal.sequence}"
        move = replace(move, message=move.message.model_copy(update={"reference": reference}))
    return move
