"""Checking a procedure: its course is explored, and the rules are compared with what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from contracts.terms.clock_rules import NothingFollows
from contracts.terms.directory import Directory
from contracts.terms.law import LawVersion
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Statement
from seamless.explore.agreeing import Agreement
from seamless.explore.endings import endings
from seamless.explore.exploring import Bounds, Exploration
from seamless.explore.fitting import fitting
from seamless.explore.graph import Graph
from seamless.explore.limits import Longest, Reckoned, days_of, longest
from seamless.explore.lines import Line, Lines
from seamless.explore.opening import FIRST_DAY
from seamless.explore.silence import Silence, table
from seamless.explore.story import story
from seamless.explore.values import NoExample, filled, is_closed, plain, variants
from workflows.case import Procedure

Checks = Mapping[Any, Sequence[Callable[..., Any]]]
Class = type[Procedure[Any]]
Told = Callable[[str, int, int], None]
"""Told of the progress: the law version, how many states were found and how many of them wait."""

FULL = Bounds()
LEAN = Bounds(together=1, moves=100)
SHORT = Bounds(together=1, moves=60)
MOST_VARIANTS = 4


class Finding(NamedTuple):
    """A rule that a procedure breaks, with the shortest way there; the way is empty where none is needed."""

    rule: str
    told: str
    story: tuple[str, ...] = ()


@dataclass
class LawChecked:
    """What was found under one law version.

    Attributes:
        unreached: lines of the course that nothing reached.
    """

    law: LawVersion
    graphs: list[Graph] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    in_time: Longest | None = None
    with_silence: Longest | None = None
    silence: list[Silence] = field(default_factory=list)
    unreached: list[Line] = field(default_factory=list)


@dataclass
class Checked:
    """What was found of a procedure.

    Attributes:
        unreached: lines of its course that nothing reached.
        seconds: how long it took.
        driven: what was compared with the real workflow, where it was.
    """

    procedure: str
    laws: list[LawChecked] = field(default_factory=list)
    unreached: list[Line] = field(default_factory=list)
    seconds: float = 0.0
    driven: Agreement | None = None

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong."""
        disagreements = self.driven.disagreements if self.driven else []
        found = [each for law in self.laws for each in law.findings]
        return list(dict.fromkeys([*found, *(Finding("layers", *each) for each in disagreements)]))


class Applied(NamedTuple):
    """An application to explore with, how far, and whether a better ``copies`` of a document may be asked."""

    label: str
    application: Statement
    bounds: Bounds
    copies: bool = True


def check(procedure: Class, directory: Directory, checks: Checks, progress: Told | None = None) -> Checked:
    """Explore a procedure under each of its law versions, and say what is wrong with it.

    Args:
        checks: the automated checks that there are, by agency.
        progress: told now and then.
    """
    began = monotonic()
    laws = [check_law(procedure, law, directory, checks, progress) for law in laws_of(procedure)]
    return whole(procedure, laws, monotonic() - began)


def laws_of(procedure: Class) -> list[LawVersion]:
    """The law versions under which a procedure is run."""
    return [law for law in procedure.item.laws if procedure.variant in law.variants]


def whole(procedure: Class, laws: Sequence[LawChecked], seconds: float) -> Checked:
    """What was found under all law versions. A line is reached if it is under one of them."""
    unreached = [each for each in laws[0].unreached if all(each in law.unreached for law in laws)]
    return Checked(procedure.workflow_type, list(laws), unreached, seconds)


def check_law(
    procedure: Class, law: LawVersion, directory: Directory, checks: Checks, progress: Told | None = None
) -> LawChecked:
    """Explore a procedure under one law version."""
    found, lines = LawChecked(law), Lines(procedure)
    item = procedure.item
    found.findings += [Finding(*each) for each in fitting(item, law, directory, checks)]
    try:
        for number, applied in enumerate(applications(item, lines)):
            for begun_before in (False, True):
                exploration = Exploration(
                    procedure,
                    law,
                    applied.application,
                    directory,
                    lines,
                    applied.label,
                    applied.bounds,
                    applied.copies,
                    begun_before,
                    progress=(lambda states, left: progress(law.id, states, left)) if progress else None,
                )
                graph = exploration.run()
                if not number:
                    exploration.compare_single_runs()
                graph.broken += endings(graph)
                found.graphs.append(graph)
                if not exploration.patches.asked:
                    break
    except NoExample as error:
        found.findings.append(Finding("example", f"{error}; give the service item examples=(...)"))
    known = {(each.rule, each.told) for each in found.findings}
    for graph in found.graphs:
        for broken in graph.broken:
            if (broken.rule, broken.told) not in known:
                known.add((broken.rule, broken.told))
                way = tuple(story(graph.way(broken.transition)))
                found.findings.append(Finding(broken.rule, broken.told, way))
    _check_limits(found)
    found.silence = table(item, law, found.graphs)
    found.unreached = lines.unreached
    return found


def _check_limits(found: LawChecked) -> None:
    """The longest path keeps what is promised, and so what the law sets."""
    law = found.law
    found.in_time = _longest_of(found.graphs, "in-time")
    found.with_silence = _longest_of(found.graphs, "with-silence")
    # Where the law itself answers for lateness, it is late once an agency is: what is promised holds in time.
    answers = not isinstance(law.late, NothingFollows)
    path = found.in_time if answers else found.with_silence
    if path is not None and path.beyond > days_of(law.promised):
        late = "with each agency in time" if answers else "with every ladder run to its end"
        told = (
            f"promised are {law.promised}, and the authority can take {in_words(path.beyond, law)} of its "
            f"own time, {late}: promise what the course can keep"
        )
        found.findings.append(Finding("promised", told, tuple(story(path.path))))


def _longest_of(graphs: Sequence[Graph], reckoned: Reckoned) -> Longest | None:
    paths = [path for graph in graphs if (path := longest(graph, reckoned)) is not None]
    return max(paths, key=lambda path: path.beyond, default=None)


def in_words(days: Any, law: LawVersion) -> str:
    """Days of the calendar, in the unit of the law's limit."""
    unit = law.statutory.unit
    count = days / days_of(law.statutory) * law.statutory.count
    number = f"{float(count):.1f}".removesuffix(".0")
    return f"{number} {unit.replace('-', ' ')}"


# --- the applications to explore with -------------------------------------------------------------------


def applications(item: ServiceItem, lines: Lines) -> Iterator[Applied]:
    """The applications: the first example with all that it may hold, each example as it is; then what is
    made up from it: each of a closed set; and, while that reaches further lines, with one field otherwise.

    Raises:
        NoExample: there is no example, and none can be made up.
    """
    examples = item.examples or (plain(item.application, FIRST_DAY),)
    whole = filled(examples[0], FIRST_DAY)
    yield Applied("example 1, with all that it may hold", whole, FULL, copies=False)
    for number, example in enumerate(examples, 1):
        if number > 1 or len(examples) == 1 or example != whole:
            yield Applied(f"example {number}", example, LEAN)
    made, left = 0, len(lines.unreached) + 1
    for other in variants(item.application, FIRST_DAY, whole):
        fields = item.application.model_fields
        changed = [name for name in fields if getattr(other, name) != getattr(whole, name)]
        if not changed or made >= MOST_VARIANTS:
            continue
        kind = fields[changed[0]].annotation
        is_text = isinstance(kind, type) and issubclass(kind, str)
        helps = not is_text and 0 < len(lines.unreached) < left  # the last one reached something, and not all
        if is_closed(kind) or helps:
            made, left = made + 1, len(lines.unreached)
            yield Applied(f"example 1, with another {changed[0]}", other, SHORT)
