"""How long a case can take the authority: the longest path, against what is promised and what the law sets.

Time counts from when the clock of the case starts until it is decided, while an agency has the case; not
while the applicant alone has it, nor while it is suspended. Limits in different units are added up as on a
calendar whose weeks have five working days and which has no holidays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from contracts.terms.limits import Limit
from contracts.terms.requests import Escalate
from seamless.explore.graph import BY_SILENCE, Graph, Open, State, Transition

Reckoned = Literal["in-time", "with-silence"]
"""Each agency keeps the limit that it was asked with; or each ladder runs to its end."""

_DAYS = {
    "working-days": Fraction(7, 5),
    "days": Fraction(1),
    "weeks": Fraction(7),
    "months": Fraction(30),
    "hours": Fraction(1, 24),
}
DOES_NOT_COUNT = ("cancels", "withdraws", "outage", "law")


def days_of(limit: Limit) -> Fraction:
    """About how many days of the calendar a limit has."""
    return limit.count * _DAYS[limit.unit]


class Longest(NamedTuple):
    """The longest path to a decision, in the unit of the statutory limit.

    Attributes:
        own: how much of the authority's own time it takes, in days of the calendar.
        extended: by how much the limits were extended on it.
        path: the transitions.
        endless: steps on it that have no limit, so that nobody can say.
    """

    own: Fraction
    extended: Fraction
    path: tuple[Transition, ...]
    endless: tuple[str, ...]

    @property
    def beyond(self) -> Fraction:
        """What is left of it without what the limits were extended by."""
        return self.own - self.extended


@dataclass(frozen=True)
class _Label:
    """The longest way to a state.

    Attributes:
        now, own: the time, and the authority's own.
        opened: when each open step was opened.
        block: the latest end of what has ended since the course went on last.
        silent: how often an agency was silent on it. Of ways that are equally long, where agencies may be
            silent, the longest is one on which they are.
    """

    now: Fraction
    own: Fraction
    opened: tuple[tuple[str, Fraction], ...]
    block: Fraction = Fraction(0)
    path: Any = None
    endless: tuple[str, ...] = ()
    silent: int = 0


def longest(graph: Graph, reckoned: Reckoned) -> Longest | None:
    """The longest path to a decision of the authority's; None where its clock never runs to one.

    Loops are gone round once: a way that comes back to where the course stood takes no longer than the law
    lets the authority go on, and the loops are named elsewhere.
    """
    labels: dict[int, _Label] = {
        0: _Label(Fraction(0), Fraction(0), tuple(_opened(graph.states[0], (), Fraction(0))))
    }
    best: Longest | None = None
    most = (Fraction(0), 0)
    outgoing = forward(graph)
    for number in in_order(graph, outgoing):
        label = labels.get(number)
        if label is None:
            continue
        for transition in outgoing.get(number, ()):
            source, target = graph.states[number], graph.states[transition.target]
            if transition.move.does in DOES_NOT_COUNT or (
                reckoned == "in-time" and _agency_silent(source, transition)
            ):
                continue
            after = _after(label, source, target, transition, reckoned)
            decided_now = source.decided is None and target.decided is not None
            started = source.runs or target.runs or after.own
            if (
                decided_now
                and started
                and target.decided is not None
                and target.decided.outcome != "withdrawn"
            ):
                extended = sum((days_of(each) for each in source.extended), Fraction(0))
                found = Longest(after.own, extended, tuple(_unwound(after.path)), after.endless)
                if best is None or (found.beyond, after.silent) > most:
                    best, most = found, (found.beyond, after.silent)
            elif target.decided is None:
                known = labels.get(transition.target)
                if known is None or (after.own, after.silent) > (known.own, known.silent):
                    labels[transition.target] = after
    return best


def _after(label: _Label, source: State, target: State, transition: Transition, reckoned: Reckoned) -> _Label:
    """The latest at which the course can go on by a move. Answers that come before do not hold it up: they
    may come in any order, so only what ends last counts."""
    since = dict(label.opened)
    ends = {
        each.step: since.get(_id(each), label.now) + length_of(each, reckoned)
        for each in source.open
        if each.limit is not None
    }
    by = {transition.move.step or (transition.ended[0] if len(transition.ended) == 1 else "")}
    by |= {each.step or "" for each in transition.happened if each.kind in BY_SILENCE}
    ended = [at for step, at in ends.items() if step in by]
    open_still = [at for step, at in ends.items() if step not in transition.ended and step not in by]
    block = max([label.block, *ended])
    now = label.now
    if transition.move.does == "silence":
        now = max(now, min(ended, default=now))
    if transition.went_on:
        now = max(now, min([block, *open_still]))
        block = Fraction(0)
    agencies = [each for each in source.open if each.holder.kind == "agency"]
    own = label.own + (now - label.now if source.runs and agencies else 0)
    endless = tuple(each.name for each in agencies if source.runs and each.limit is None and not ends)
    return replace(
        label,
        now=now,
        own=own,
        block=block,
        opened=tuple(_opened(target, label.opened, now)),
        path=(label.path, transition),
        endless=tuple(dict.fromkeys((*label.endless, *endless))),
        silent=label.silent + _agency_silent(source, transition),
    )


def _opened(
    state: State, before: tuple[tuple[str, Fraction], ...], now: Fraction
) -> Iterator[tuple[str, Fraction]]:
    known = dict(before)
    for each in state.open:
        yield _id(each), known.get(_id(each), now)


def _id(step: Open) -> str:
    """A step; one that was referred is another one, with a limit of its own."""
    return f"{step.step} {step.holder}"


def length_of(step: Open, reckoned: Reckoned) -> Fraction:
    """How long a step can be open."""
    if step.limit is None:
        return Fraction(0)
    graces = (
        [rung.grace for rung in step.ladder if isinstance(rung, Escalate)]
        if reckoned == "with-silence"
        else []
    )
    return days_of(step.limit) + sum((days_of(each) for each in graces), Fraction(0))


def _agency_silent(source: State, transition: Transition) -> bool:
    """Whether an agency let its limit pass."""
    ended = [each for each in source.open if each.step in transition.ended]
    referred = any(each.kind == "referred" for each in transition.happened)
    return transition.move.does == "silence" and (
        referred or any(each.holder.kind == "agency" for each in ended)
    )


def forward(graph: Graph) -> dict[int, list[Transition]]:
    """The transitions from each state, without those that go back to where a path has been."""
    outgoing: dict[int, list[Transition]] = {}
    for each in graph.transitions:
        if each.source != each.target:
            outgoing.setdefault(each.source, []).append(each)
    passed, under_way = set(), set()
    back: set[tuple[int, int]] = set()
    stack: list[tuple[int, Iterator[Transition]]] = [(0, iter(outgoing.get(0, ())))]
    under_way.add(0)
    while stack:
        number, left = stack[-1]
        for each in left:
            if each.target in under_way:
                back.add((number, each.target))
            elif each.target not in passed:
                under_way.add(each.target)
                stack.append((each.target, iter(outgoing.get(each.target, ()))))
                break
        else:
            stack.pop()
            under_way.discard(number)
            passed.add(number)
    return {
        number: [each for each in found if (number, each.target) not in back]
        for number, found in outgoing.items()
    }


def in_order(graph: Graph, outgoing: dict[int, list[Transition]]) -> list[int]:
    """The states, each after all that lead to it."""
    entering = dict.fromkeys(range(len(graph.states)), 0)
    for found in outgoing.values():
        for each in found:
            entering[each.target] += 1
    ready = [number for number, count in entering.items() if not count]
    order = []
    while ready:
        number = ready.pop()
        order.append(number)
        for each in outgoing.get(number, ()):
            entering[each.target] -= 1
            if not entering[each.target]:
                ready.append(each.target)
    return order


def _unwound(path: Any) -> list[Transition]:
    found = []
    while path is not None:
        path, transition = path
        found.append(transition)
    return found[::-1]
