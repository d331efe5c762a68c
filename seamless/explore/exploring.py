"""Exploring a course: every state that it can come to, each expanded once, the shortest way first.

A coroutine cannot be forked, so a state is what a case carries into a new run, and each move begins with a
new run, in which the course fast-forwards to where it was. That it comes to the same place, and adds nothing
to the ledger on the way, is checked each time.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.terms.directory import Directory
from contracts.terms.identifiers import Party
from contracts.terms.law import LawVersion
from contracts.terms.values import Statement
from seamless.explore.frames import Standing
from seamless.explore.graph import NOT_BY_ITSELF, Broken, Graph, Move, State, Transition, local, ordinal
from seamless.explore.lines import Lines
from seamless.explore.moves import Oracle
from seamless.explore.opening import CHANNEL, opening
from seamless.explore.patches import Patches
from seamless.explore.play import Play
from seamless.explore.seen import Seen
from seamless.explore.states import happening, key_of, open_step
from workflows.case import Procedure
from workflows.case.deadlines import Wait

OF_THE_COURSE = ("requested", "decided", "marked", "charged", "notified", "handed-over", "fee-due")
"""Entries that are a verb's, and so tell which lines of a course ran."""


@dataclass(frozen=True)
class Bounds:
    """How far a course is explored.

    Attributes:
        rounds: a step is opened so often at most; a state in which one is opened once more is cut.
        together: of what is open at the same time, so many at most end otherwise than plainly in one path,
            and beside that all stay silent. Whatever is open alone, or in twos, is explored in full.
        moves: so many are made at most, the shortest ways first; what is left is cut.
    """

    rounds: int = 3
    together: int = 2
    moves: int = 1_500


@dataclass
class _Node:
    """A state that waits to be expanded.

    Attributes:
        carried: what the case carries into its next run.
        standing: the position of its course.
        silent: the steps that will stay silent until the course goes on.
        odd: how many of what was open with them have ended otherwise than plainly.
        fresh: the course has just come here.
    """

    state: State
    carried: bytes | None
    time: datetime
    standing: Standing | None
    seen: Seen
    silent: frozenset[str] = frozenset()
    odd: int = 0
    fresh: bool = True


@dataclass
class Exploration:
    """The exploration of one procedure under one law version, for one application."""

    procedure: type[Procedure[Any]]
    law: LawVersion
    application: Statement
    directory: Directory
    lines: Lines
    label: str = ""
    bounds: Bounds = Bounds()
    copies: bool = False
    begun_before: bool = False
    progress: Callable[[int, int], None] | None = None
    _known: dict[Any, int] = field(default_factory=dict)
    _places: set[Any] = field(default_factory=set)
    _heads: dict[int, str] = field(default_factory=dict)
    _queue: deque[_Node] = field(default_factory=deque)

    def run(self) -> Graph:
        """All that can be found, within the bounds."""
        label = f"{self.label}, begun before the code was changed" if self.begun_before else self.label
        self.graph = Graph(self.procedure.workflow_type, self.law, label, self.application, self.begun_before)
        self.graph.rounds = self.bounds.rounds
        self.patches = Patches(begun_before=self.begun_before)
        self._oracle = Oracle(self.application, Party.channel(CHANNEL), copies=self.copies)
        self._opened = opening(self.procedure, self.law, self.application, self.directory)
        self._opens = self._opened.received
        with unhurried():
            self._open()
            while self._queue:
                node = self._queue.popleft()
                if self.progress is not None:
                    self.progress(len(self.graph.states), len(self._queue))
                self._expand(node)
        return self.graph

    def compare_single_runs(self, most: int = 12) -> None:
        """Let the shortest ways to different endings run once more, each in one single run. A rule is broken
        where its ledger is not the one that came of a new run after every move.

        Args:
            most: so many ways at most.
        """
        endings: dict[str, int] = {}
        for state in self.graph.states:
            if state.closed:
                endings.setdefault(repr(state.decided), state.number)
        for number in list(endings.values())[:most]:
            path = self.graph.path(number)
            play = self._play(None, self._opens)
            for transition in path[1:]:
                play.do(transition.move)
            if play.fault is not None or play.journal.head != self._heads[number]:
                told = "in one run, the same events give another ledger than with a new run after each"
                self.graph.broken.append(Broken("new-run", told, path[-1]))

    # --- one state after the other -------------------------------------------------------------------------

    def _open(self) -> None:
        play = self._play(None, self._opens)
        opens = Move("opens", Party.channel(CHANNEL), f"an application ({self.label or 'example'})")
        self._arrive(None, opens, play)

    def _expand(self, node: _Node) -> None:
        if node.state.closed or node.state.fault or node.state.cut:
            return
        if len(self.graph.transitions) >= self.bounds.moves:
            self.graph.left.append(node.state.number)
            return
        play: Play | None = self._again(node)
        if play is None:
            return
        before = len(self.graph.transitions)
        for move, silent, odd, only_if_on in list(self._moves(node, play)):  # before it is moved
            play = self._moved(node, move, play)
            self._arrive(node, move, play, silent=silent, odd=odd, only_if_on=only_if_on)
            play = None
        goes_on = any(each.move.does not in NOT_BY_ITSELF for each in self.graph.transitions[before:])
        if not goes_on and not node.silent:
            told = "; ".join(f"{each.holder} has {each.name}" for each in node.state.open) or "nobody has it"
            self._break(node, "stuck", f"nothing can happen any more, and the case is not closed: {told}")

    def _moves(self, node: _Node, play: Play) -> Iterator[tuple[Move, frozenset[str], int, bool]]:
        """The moves from a state: each with the steps that stay silent meanwhile, how much of what is open
        together has then ended otherwise than plainly, and whether it counts only where the course goes on.

        What is open at the same time is gone through in one order: which of two answers comes first makes a
        difference only where the course goes on between them, and then each is asked again.
        """
        waits = [each for each in play.journal.waits.values() if each.step not in node.silent]
        passed: list[str] = []
        new = node.fresh and self._is_new_place(node, play)
        for wait in waits:
            for move in self._oracle.endings(play, wait):
                if move.rare and not new:
                    continue
                odd = node.odd + len(passed) + (1 if move.odd else 0)
                silent = node.silent | set(passed)
                if len(waits) == 1 or odd <= self.bounds.together:
                    yield move, silent, odd, False
                elif node.fresh:
                    yield move, silent, odd, True
            passed.append(wait.step)
        odd = node.odd + len(passed)
        everybody = len(passed) + len(node.silent) == len(play.journal.waits) and node.odd == len(node.silent)
        if len(waits) <= 1 or odd <= self.bounds.together or everybody:
            yield Move("silence", Party("platform")), node.silent | set(passed), odd, False
        if new:
            for move in self._oracle.elsewhere(play):
                yield move, frozenset(), 0, False

    def _is_new_place(self, node: _Node, play: Play) -> bool:
        """Whether the course has not stood here before, with the same steps open."""
        steps = tuple(local(step) for step in play.journal.waits)
        return self._is_new((node.state.places, steps, play.journal.decided, node.state.runs))

    def _again(self, node: _Node) -> Play | None:
        """The case in a new run; None where that is not where it was."""
        play = self._play(node.carried, node.time)
        if node.carried is None:
            return play
        if play.fault is not None:
            self._break(node, "new-run", f"a new run fails: {play.fault}")
        elif play.new or _elsewhere(node.standing, play.standing):
            self._break(
                node,
                "new-run",
                "a new run goes on otherwise than the one before: the course keeps something that its verbs "
                "did not return",
            )
        else:
            return play
        return None

    def _moved(self, node: _Node, move: Move, play: Play | None) -> Play:
        """The case after a move. The lines that run are noted where nothing quite like it was seen before."""
        like = (node.state.places, move.does, move.step and local(move.step), move.outcome)
        play = play or self._play(node.carried, node.time)
        play.do(move, watched=self._is_new(like))
        happened = tuple((entry.kind, entry.outcome) for entry in play.new if entry.kind in OF_THE_COURSE)
        if not self.lines.all_reached and self._is_new((like, happened, play.standing.places)):
            again = self._play(node.carried, node.time)
            again.do(move)
        return play

    def _is_new(self, sight: Any) -> bool:
        new = sight not in self._places
        self._places.add(sight)
        return new

    # --- where a move leads --------------------------------------------------------------------------------

    def _arrive(
        self,
        node: _Node | None,
        move: Move,
        play: Play,
        *,
        silent: frozenset[str] = frozenset(),
        odd: int = 0,
        only_if_on: bool = False,
    ) -> None:
        fault = play.fault
        stands = play.standing if fault is None else None
        went_on = node is None or stands is None or node.standing is None or _on(node.standing, stands, play)
        if only_if_on and not went_on:
            return
        if node is not None and not went_on and not play.new and move.does in ("silence", "outage"):
            return  # nothing is ever due
        was = node.seen if node else Seen()
        seen, broken = was.after(play, move) if fault is None else (was, [])
        if went_on or move.does not in ("answers", "pays", "hands-in", "reports", "silence", "outage"):
            silent, odd = frozenset(), 0
        waits = play.journal.waits if fault is None else {}
        if move.does in ("silence", "outage"):  # what has no limit may be said later as well
            endless = {step for step in silent if step in waits and waits[step].end is None}
            silent, odd = silent - endless, odd - len(endless)
        silent = frozenset(step for step in silent if self._still_silent(node, waits, step))
        if len(waits) - len(silent) <= 1:
            odd = len(silent)
        key = key_of(play, stands, seen, silent, odd) if stands is not None else ("fault", fault)
        number = self._known.get(key)
        if number is None:
            number = self._add(key, node, move, play, stands, seen, silent, odd, went_on, fault)
        self._connect(node, number, move, play, broken, went_on)

    def _still_silent(self, node: _Node | None, waits: dict[str, Wait], step: str) -> bool:
        """Whether the step is open, and the one who was silent still has it."""
        if step not in waits:
            return False
        before = next((each for each in node.state.open if each.step == step), None) if node else None
        return before is None or before.holder == waits[step].holder

    def _add(
        self,
        key: Any,
        node: _Node | None,
        move: Move,
        play: Play,
        stands: Standing | None,
        seen: Seen,
        silent: frozenset[str],
        odd: int,
        went_on: bool,
        fault: str | None,
    ) -> int:
        number = self._known[key] = len(self.graph.states)
        case, journal = play.case, play.journal
        opens = tuple(open_step(wait) for wait in journal.waits.values())
        often = next((each.step for each in opens if ordinal(each.step) > self.bounds.rounds), None)
        extended = tuple(limit for limit in case.clock.statutory[1:])
        state = State(
            number=number,
            depth=node.state.depth + 1 if node else 0,
            places=stands.places if stands else (),
            open=opens,
            runs=case.clock.runs,
            extended=extended,
            decided=case.decision,
            closed=case.closed and fault is None,
            fault=fault,
            cut=local(often) if often else None,
        )
        self.graph.states.append(state)
        self._heads[number] = journal.head
        if fault is None and not state.closed:
            carried = json.dumps(case.carried(), ensure_ascii=False).encode()
            self._queue.append(
                _Node(state, carried, play.runtime.time, stands, seen, silent, odd, went_on or node is None)
            )
        return number

    def _connect(
        self,
        node: _Node | None,
        number: int,
        move: Move,
        play: Play,
        broken: list[tuple[str, str]],
        went_on: bool,
    ) -> None:
        happened = tuple(happening(entry, self._opens) for entry in play.new)
        source = node.state.number if node else number
        before = {each.step for each in node.state.open} if node else set()
        ended = tuple(sorted(before - set(play.journal.waits)))
        transition = Transition(source, number, move, happened, ended, went_on)
        self.graph.transitions.append(transition)
        self.graph.parents.setdefault(number, transition)
        if play.fault is not None:
            broken = [*broken, ("task-fails", play.fault)]
        for rule, told in broken:
            self._note(rule, told, transition)

    def _break(self, node: _Node, rule: str, told: str) -> None:
        self._note(rule, told, self.graph.parents[node.state.number])

    def _note(self, rule: str, told: str, transition: Transition) -> None:
        """Note that a rule is broken, the first time."""
        if not any((each.rule, each.told) == (rule, told) for each in self.graph.broken):
            self.graph.broken.append(Broken(rule, told, transition))

    def _play(self, carried: bytes | None, at: datetime) -> Play:
        opened = self._opened
        if carried is not None:
            opened = opened.model_copy(update={"carried": json.loads(carried)})
        return Play(self.procedure, opened, at, self.lines, patches=self.patches)


def _on(before: Standing, after: Standing, play: Play) -> bool:
    """Whether the course has gone on: it stands elsewhere, or waits for something else."""
    return before.places != after.places or play.case.closed or _position(before) != _position(after)


def _elsewhere(before: Standing | None, after: Standing) -> bool:
    """Whether the course stands elsewhere than in the run before, as far as that can be compared."""
    if before is None:
        return False
    comparable = before.comparable and after.comparable
    return before.places != after.places or (comparable and before.seen != after.seen)


def _position(standing: Standing) -> Any:
    return [each for each in standing.seen if each and isinstance(each[0], tuple) and len(each[0]) == 5]


@contextmanager
def unhurried() -> Iterator[None]:
    """What there is already is left out of the collecting of what each case leaves behind."""
    gc.collect()
    gc.freeze()
    told, sys.unraisablehook = (
        sys.unraisablehook,
        lambda unraisable: None,
    )  # branches that wait for one another
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        sys.unraisablehook = told
