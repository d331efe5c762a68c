"""The figures of all cases as the metrics show them: every possible series, from the start."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import NamedTuple, get_args

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from archive.figures import DUES, Figures
from archive.steps import How
from archive.totals import APPLICANT, EFFECT_DELAY, OTHER, STAGE, THIRD_PARTY, WAIT, Buckets, Place
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.decisions import Ended, Grant, Refuse, Withdrawn
from contracts.terms.directory import Directory
from contracts.terms.errors import REASONS
from contracts.terms.requests import Deem

OUTCOMES = tuple(str(each.model_fields["outcome"].default) for each in (Grant, Refuse, Withdrawn, Ended))
"""How a case is decided."""

Labels = tuple[str, ...]


class Total(NamedTuple):
    """A counter of the archive's.

    Attributes:
        name: of the total; the metric is ``seamless_<name>_total``.
        labels: their names.
        values: every combination of labels that can be. What is none of them is counted as ``other``.
    """

    name: str
    meaning: str
    labels: Labels
    values: Sequence[Labels]


def totals_of(directory: Directory) -> list[Total]:
    """The counters, with the labels that the catalogue and the directory know."""
    procedures = list(CATALOGUE)
    agencies = agencies_of(directory)
    of_procedures = [(procedure,) for procedure in procedures]
    reasons = [
        (procedure, reason)
        for procedure, item in CATALOGUE.items()
        for reason in dict.fromkeys(code for law in item.laws for code in law.reasons)
    ]
    return [
        Total("cases_opened", "Cases that were opened.", ("procedure",), of_procedures),
        Total(
            "cases_decided",
            "Cases that were decided, by how.",
            ("procedure", "outcome"),
            list(product(procedures, OUTCOMES)),
        ),
        Total("cases_closed", "Cases whose ledger was closed.", ("procedure",), of_procedures),
        Total(
            "case_limits_missed",
            "Limits of a case itself that ended without a decision, or without the end of the stage.",
            ("procedure", "limit"),
            list(product(procedures, ("statutory", "promised", STAGE))),
        ),
        Total(
            "decisions_deemed",
            "Cases that the law decided, since nobody had by the end of the limit.",
            ("procedure", "outcome"),
            list(product(procedures, ("granted", "refused"))),
        ),
        Total(
            "decisions_refused", "Refusals, by the reason that was given.", ("procedure", "reason"), reasons
        ),
        Total(
            "requests_asked",
            "How often an agency was asked; also in the place of another one.",
            ("agency",),
            [(str(agency.id),) for agency in directory.agencies],
        ),
        Total(
            "requests_ended",
            "Requests that ended, by how; also what an applicant or a third party was asked for.",
            ("agency", "how"),
            list(product(agencies, get_args(How))),
        ),
        Total(
            "requests_deemed",
            "Requests in which silence counted as an outcome, by which.",
            ("agency", "outcome"),
            list(product(agencies, _deemed())),
        ),
        Total("supplements_asked", "Supplements asked of applicants.", ("procedure",), of_procedures),
        Total("supplements_received", "Supplements that came.", ("procedure",), of_procedures),
        Total(
            "case_events_refused",
            "Events that the case itself refused, by why.",
            ("reason",),
            [(reason,) for reason in REASONS],
        ),
    ]


def agencies_of(directory: Directory) -> list[str]:
    """Who may have a step, as the metrics call them."""
    return [*(str(agency.id) for agency in directory.agencies), APPLICANT, THIRD_PARTY]


def _deemed() -> list[str]:
    """The outcomes that silence counts as, in any request under any law."""
    rungs = (
        rung
        for item in CATALOGUE.values()
        for request in item.requests
        for terms in request.versions
        for rung in terms.overdue
    )
    return list(dict.fromkeys(rung.outcome for rung in rungs if isinstance(rung, Deem)))


class ArchiveFigures(Collector):
    """Shows the latest figures. Before the first ones there are no series at all: a counter that began at 0
    and then jumped to the archive's total would seem to have grown by that."""

    def __init__(self, directory: Directory) -> None:
        """
        Args:
            directory: whose agencies are distinguished.
        """
        self._totals = totals_of(directory)
        self._agencies = agencies_of(directory)
        self._figures: Figures | None = None

    def tell(self, figures: Figures) -> None:
        """From now on, these."""
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures  # metrics are read in a thread of their own
        if figures is None:
            return
        for total in self._totals:
            found = _of(figures.totals, total.name, len(total.labels))
            family = CounterMetricFamily(f"seamless_{total.name}", total.meaning, labels=total.labels)
            for labels, value in bounded(found, total.values).items():
                family.add_metric(labels, value)
            yield family
        of_agencies = [(agency,) for agency in self._agencies]
        yield _histogram(
            WAIT,
            "From when an agency was asked to its answer, or to the end that silence brought.",
            ("agency",),
            of_agencies,
            figures.totals,
        )
        yield _histogram(
            EFFECT_DELAY,
            "From when the broker had an event to the ledger entry that it brought about.",
            (),
            [("",)],
            figures.totals,
        )
        yield from self._open(figures, of_agencies)

    def _open(self, figures: Figures, of_agencies: Sequence[Labels]) -> Iterator[Metric]:
        yield _gauge(
            "cases_open",
            "Cases that are open.",
            ("procedure",),
            bounded(_one(figures.open_cases), [(procedure,) for procedure in CATALOGUE]),
        )
        yield _gauge(
            "cases_overdue",
            "Open cases in which something is overdue, by who has it.",
            ("agency",),
            bounded(_one(figures.overdue_cases), of_agencies),
        )
        yield _gauge(
            "requests_open",
            "Open requests, and what else cases wait for, by who has it and by what time is left.",
            ("agency", "due"),
            bounded(figures.open_requests, list(product(self._agencies, DUES))),
        )
        earliest = {agency: due.timestamp() for agency, due in figures.earliest_due.items()}
        yield _gauge(
            "requests_earliest_due_timestamp_seconds",
            "When the first of the open requests is due, or was; not a number where none is.",
            ("agency",),
            bounded(_one(earliest), of_agencies, none=math.nan, fold=min),
        )
        yield _gauge(
            "cases_counted_timestamp_seconds",
            "When open and overdue cases were counted last; the counts are as old as that.",
            (),
            {(): figures.as_of.timestamp()},
        )


def bounded(
    found: Mapping[Labels, float],
    known: Sequence[Labels],
    *,
    none: float = 0,
    fold: Callable[[Iterable[float]], float] = sum,
) -> dict[Labels, float]:
    """What was found of all labels that are known; a label that is not among them is ``other``.

    Args:
        known: every combination that has a value at any rate.
        none: that value, where nothing was found.
        fold: makes one value of several.
    """
    labels_at = [set(labels) for labels in zip(*known, strict=True)]
    values: dict[Labels, list[float]] = {labels: [] for labels in known}
    for labels, value in found.items():
        kept = tuple(
            label if label in there else OTHER for label, there in zip(labels, labels_at, strict=True)
        )
        values.setdefault(kept, []).append(value)
    return {labels: fold(each) if each else none for labels, each in values.items()}


def _histogram(
    buckets: Buckets, meaning: str, labels: Labels, known: Sequence[Labels], totals: Mapping[Place, float]
) -> Metric:
    family = HistogramMetricFamily(f"seamless_{buckets.total}", meaning, labels=labels)
    numbers = [str(number) for number in range(len(buckets.bounds) + 1)]
    upper = [*(str(float(bound)) for bound in buckets.bounds), "+Inf"]
    sums = bounded(_of(totals, f"{buckets.total}_sum", 1), known)
    counts = bounded(
        _of(totals, f"{buckets.total}_bucket", 2), [(*each, number) for each in known for number in numbers]
    )
    for values in dict.fromkeys([*sums, *(each[:-1] for each in counts)]):
        rising = accumulate(counts.get((*values, number), 0) for number in numbers)
        family.add_metric(values[: len(labels)], list(zip(upper, rising, strict=True)), sums.get(values, 0))
    return family


def _gauge(name: str, meaning: str, labels: Labels, found: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(f"seamless_{name}", meaning, labels=labels)
    for values, value in found.items():
        family.add_metric(values, value)
    return family


def _one(found: Mapping[str, float]) -> dict[Labels, float]:
    return {(label,): value for label, value in found.items()}


def _of(totals: Mapping[Place, float], name: str, labels: int) -> dict[Labels, float]:
    """One total, by its labels."""
    return {place[1 : 1 + labels]: value for place, value in totals.items() if place.total == name}
