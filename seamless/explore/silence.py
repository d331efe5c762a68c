"""The effects of silence as a table: who is silent on what, for how long, what follows and by which rule."""

from __future__ import annotations

from typing import NamedTuple

from contracts.terms.clock_rules import NothingFollows
from contracts.terms.law import LawVersion
from contracts.terms.requests import Deem, End, Escalate, Lapse, Refer
from contracts.terms.service_item import ServiceItem
from seamless.explore.graph import BY_SILENCE, Graph, Open, Transition, local


class Silence(NamedTuple):
    """One row of the table.

    Attributes:
        who, what: who stays silent, with what.
        after: for how long, with every grace.
        follows: what the law, or the course, puts in its place.
        basis: the rule.
        then: what was seen to come of it: what is asked next, or how the case is decided.
    """

    who: str
    what: str
    after: str
    follows: str
    basis: str
    then: str


def table(item: ServiceItem, law: LawVersion, graphs: list[Graph]) -> list[Silence]:
    """The effects of silence in a procedure under a law version."""
    rows: dict[tuple[str, str], Silence] = {}
    seen: dict[tuple[str, str], list[str]] = {}
    for graph in graphs:
        for transition in graph.transitions:
            for each in _ended_by_silence(graph, transition):
                key = (_who(each), each.name)
                rows.setdefault(key, _row(item, law, each))
                if (then := _then(transition)) not in seen.setdefault(key, []):
                    seen[key].append(then)
    found = [row._replace(then=" / ".join(seen[key][:4])) for key, row in rows.items()]
    if not isinstance(law.late, NothingFollows):
        found.append(
            Silence(
                "everybody", "the decision", str(law.statutory), law.late.follows, law.late.basis, "by law"
            )
        )
    return found


def _ended_by_silence(graph: Graph, transition: Transition) -> list[Open]:
    if transition.move.does != "silence":
        return []
    steps = {each.step for each in transition.happened if each.kind in BY_SILENCE}
    return [each for each in graph.states[transition.source].open if each.step in steps]


def _who(step: Open) -> str:
    return step.holder.id or str(step.holder)


def _row(item: ServiceItem, law: LawVersion, step: Open) -> Silence:
    graces = [f"{rung.grace} more ({rung.to} is told)" for rung in step.ladder if isinstance(rung, Escalate)]
    after = ", then ".join([str(step.limit) if step.limit else "a day that the course names", *graces])
    asked = next((each for each in item.requests if each.local_name == step.name), None)
    basis = step.basis or (law.terms(asked).basis if asked else item.consequences.en)
    end = next((rung for rung in step.ladder if isinstance(rung, End)), None)
    return Silence(_who(step), step.name, after, _follows(end, asked is not None), basis, "")


def _follows(end: End | None, asked: bool) -> str:
    match end:
        case Deem(outcome=outcome):
            return f"it counts as: {outcome}"
        case Lapse(reason=reason) if asked:
            return f"it fails: {reason}"
        case Refer(to=to, within=within, otherwise=otherwise):
            return f"{to} answers instead, within {within}; else it fails: {otherwise}"
    return "the course goes on"


def _then(transition: Transition) -> str:
    for each in transition.happened:
        if each.kind == "decided":
            return f"{each.outcome}" + (f" ({each.reason})" if each.reason else "")
    asked = [each for each in transition.happened if each.kind in ("requested", "fee-due", "asked-applicant")]
    if asked:
        return "next: " + ", ".join(local(each.step or "") for each in asked)
    if any(each.kind == "closed" for each in transition.happened):
        return "the case is closed"
    return "the others are awaited"
