"""What ``seamless procedure check`` shows of a procedure that was explored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.padding import Padding
from rich.text import Text

from seamless.cli.console import INDENT, Console, facts, line
from seamless.explore.agreeing import Agreement
from seamless.explore.check import Checked, LawChecked, in_words
from seamless.explore.limits import Longest
from seamless.explore.lines import Line
from seamless.explore.silence import Silence


def as_json(checked: Checked) -> dict[str, Any]:
    """A procedure that was checked, as JSON."""
    return {
        "procedure": checked.procedure,
        "passed": not checked.findings,
        "seconds": round(checked.seconds, 1),
        "laws": [_law_as_json(each) for each in checked.laws],
        "unreached": [each._asdict() for each in checked.unreached],
    } | ({"driven": _driven_as_json(checked.driven)} if checked.driven else {})


def _driven_as_json(driven: Agreement) -> dict[str, Any]:
    return {
        "paths": driven.paths,
        "moves": driven.moves,
        "new_runs": driven.new_runs,
        "strayed": driven.strayed,
        "transitions": {"drawn": driven.drawn, "possible": driven.possible},
    }


def _law_as_json(found: LawChecked) -> dict[str, Any]:
    law = found.law
    return {
        "law": law.id,
        "findings": [each._asdict() for each in found.findings],
        "applications": [
            {
                "application": graph.label,
                "states": len(graph.states),
                "moves": len(graph.transitions),
                "cut": graph.cut,
                "left": len(graph.left),
            }
            for graph in found.graphs
        ],
        "limits": {
            "statutory": str(law.statutory),
            "promised": str(law.promised),
            "longest_in_time": _length(found.in_time, found),
            "longest_with_silence": _length(found.with_silence, found),
        },
        "silence": [each._asdict() for each in found.silence],
    }


def _length(path: Longest | None, found: LawChecked) -> str | None:
    return None if path is None else in_words(path.beyond, found.law)


def print_checked(checked: Checked) -> None:
    """Print what was found of a procedure: first what is wrong, each with its story."""
    console = Console()
    result = ("wrong", "red") if checked.findings else ("well", "green")
    console.print(line((f"{result[0]:5}", result[1]), " ", (checked.procedure, "bold")))
    for finding in checked.findings:
        console.print()
        console.print(Padding(line((finding.rule, "red"), f": {finding.told}"), (0, 0, 0, INDENT)))
        for told in finding.story:
            console.print(Padding(line(told), (0, 0, 0, 2 * INDENT)))
    for found in checked.laws:
        console.print()
        console.print(Padding(line((f"under {found.law.id}", "bold")), (0, 0, 0, INDENT)))
        facts(console, list(_about(found)))
        for row in found.silence:
            _print_silence(console, row)
    if driven := checked.driven:
        told = f"{driven.paths} paths, {driven.moves} moves, {driven.new_runs} new runs"
        drawn = f"{driven.drawn} of {driven.possible} transitions drawn"
        console.print()
        console.print(Padding(line(("driven", "bold"), f": {told}; {drawn}"), (0, 0, 0, INDENT)))
    if checked.unreached:
        console.print()
        console.print(Padding(line("lines of the course that nothing reached:"), (0, 0, 0, INDENT)))
        for each in checked.unreached:
            console.print(Padding(line(_told(each)), (0, 0, 0, 2 * INDENT)))


def _about(found: LawChecked) -> Iterator[tuple[str, Text]]:
    states = sum(len(graph.states) for graph in found.graphs)
    moves = sum(len(graph.transitions) for graph in found.graphs)
    yield "explored", line(f"{states} states, {moves} moves, with {_count(found.graphs, 'application')}")
    loops = sorted({name for graph in found.graphs for name in graph.cut})
    if loops:
        rounds = max(graph.rounds for graph in found.graphs)
        yield "cut", line(f"after {rounds} rounds: {', '.join(loops)}")
    if left := sum(len(graph.left) for graph in found.graphs):
        yield "not explored", line(f"{left} states with the longest paths: the limit of moves was reached")
    yield "statutory", line(str(found.law.statutory))
    yield "promised", line(str(found.law.promised))
    yield "longest", line(_longest(found))


def _longest(found: LawChecked) -> str:
    in_time, silent = _length(found.in_time, found), _length(found.with_silence, found)
    if in_time is None and silent is None:
        return "no decision of the authority ends its limits"
    told = f"{in_time} with each agency in time; {silent} where they stay silent"
    endless = (*(found.in_time.endless if found.in_time else ()),)
    return f"{told}; without limit: {', '.join(endless)}" if endless else told


def _count(things: Sequence[Any], name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


def _print_silence(console: Console, row: Silence) -> None:
    first = f"{row.who} silent with {row.what}, {row.after}: {row.follows}"
    console.print(Padding(line(first), (0, 0, 0, INDENT)))
    console.print(Padding(line((f"{row.basis}; then {row.then}", "dim")), (0, 0, 0, 2 * INDENT)))


def _told(unreached: Line) -> str:
    return f"{unreached.file}:{unreached.number}: {unreached.text}"
