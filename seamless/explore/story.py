"""A path as a story: who said what, and what then happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamless.explore.graph import Happening, Move, Transition, local

QUIET = {"opened", "closed", "reminded", "warned", "stage-begun", "stage-ended", "waiting", "rescheduled"}
"""Entries that a story leaves out."""


def story(path: Sequence[Transition]) -> list[str]:
    """A path, one line for each thing that was said or happened."""
    lines: list[str] = []
    for transition in path:
        happened = [each for each in transition.happened if each.kind not in QUIET]
        if transition.move.does in ("silence", "outage", "law"):
            day = max((each.day for each in transition.happened), default=0.0)
            lines.append(f"day {day:g}: {_time(transition.move)}")
        else:
            day = transition.happened[0].day if transition.happened else 0.0
            lines.append(f"day {day:g}: {transition.move.who}: {transition.move.said}")
        lines += [f"  → {each}" for each in _then(transition.move, happened)]
    return lines


def _time(move: Move) -> str:
    return move.said or "nobody says anything more"


def _then(move: Move, happened: Sequence[Happening]) -> Iterator[str]:
    asked = [each for each in happened if each.kind == "requested"]
    if asked:
        told = ", ".join(f"{local(each.step or '')} ({each.agency})" for each in asked)
        yield f"asked: {told}"
    for each in happened:
        if each.kind == "requested":
            continue
        if each.kind in ("answered", "supplemented", "paid", "reported") and move.step == each.step:
            continue
        about = f" {local(each.step)}" if each.step and each.kind not in ("decided", "accepted") else ""
        outcome = f": {each.outcome}" if each.outcome else ""
        reason = f" ({each.reason})" if each.reason else ""
        materials = f" [{', '.join(each.materials)}]" if each.materials else ""
        yield f"{each.kind}{about}{outcome}{reason}{materials}"
