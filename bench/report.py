"""What the measurement says: tables for people, one object for programs, and why a goal was missed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table

from bench.history import OUTBOX, HistoryCost
from bench.measure import Measurement, Pair
from bench.sides import Run


class Goal(NamedTuple):
    """A figure, what it ought to be, and what the measurement says about it.

    Attributes:
        cause: what it comes from, in measured figures.
    """

    name: str
    value: float
    goal: float
    met: bool
    cause: str

    def __str__(self) -> str:
        sign = ">=" if self.name == "throughput" else "<="
        state = "met" if self.met else "missed"
        return f"{self.name}: {self.value:.2f}, goal {sign} {self.goal}: {state}. {self.cause}"


def goals(measured: Measurement) -> list[Goal]:
    """The goals, each with the cause of its figure."""
    ours, bare = measured.apart
    events, size = ours.events / bare.events, ours.size / bare.size
    return [
        Goal("throughput", measured.ratio, 0.85, measured.ratio >= 0.85, _processor_cause(measured.pairs)),
        Goal("history events", events, 1.2, events <= 1.2, _events_cause(ours, bare)),
        Goal("history bytes", size, 1.2, size <= 1.2, _bytes_cause(ours, bare)),
    ]


def figures(measured: Measurement) -> dict[str, Any]:
    """The measurement as one JSON object."""
    return {
        "cases_per_run": len(measured.pairs[0].bare.cases),
        "pairs": [
            {
                "platform_cases_per_second": round(pair.platform.rate, 3),
                "bare_cases_per_second": round(pair.bare.rate, 3),
                "ratio": round(pair.ratio, 3),
            }
            for pair in measured.pairs
        ],
        "throughput_ratio": round(measured.ratio, 3),
        "processor_ratio": _processor_ratio(measured.pairs),
        "processor_ms_per_case": {
            side: {name: round(spent, 1) for name, spent in _processor_ms(measured.pairs, side).items()}
            for side in ("platform", "bare")
        },
        "orchestrator_ms_per_case": _outside(measured),
        "history": {
            when: {"platform": _history(ours), "bare": _history(bare)}
            for when, (ours, bare) in {"apart": measured.apart, "at_once": measured.at_once}.items()
        },
        "goals": [goal._asdict() | {"value": round(goal.value, 3)} for goal in goals(measured)],
        "seconds": round(measured.seconds, 1),
    }


def tables(measured: Measurement) -> RenderableType:
    """The measurement for people."""
    return Group(
        _throughput_table(measured),
        _processor_table(measured.pairs),
        _sandbox_table(measured),
        _history_table(measured),
        _parts_table(*measured.apart),
        *(f"[{'green' if goal.met else 'yellow'}]{goal}[/]" for goal in goals(measured)),
    )


def _throughput_table(measured: Measurement) -> Table:
    cases = len(measured.pairs[0].bare.cases)
    table = _table(f"Finished cases per second, {cases} cases a run", "pair", "platform", "bare", "ratio")
    for number, pair in enumerate(measured.pairs, start=1):
        table.add_row(str(number), f"{pair.platform.rate:.2f}", f"{pair.bare.rate:.2f}", f"{pair.ratio:.2f}")
    table.add_section()
    table.add_row(
        "median",
        f"{median(pair.platform.rate for pair in measured.pairs):.2f}",
        f"{median(pair.bare.rate for pair in measured.pairs):.2f}",
        f"[bold]{measured.ratio:.2f}[/bold]",
    )
    return table


def _processor_table(pairs: Sequence[Pair]) -> Table:
    ours, bare = _processor_ms(pairs, "platform"), _processor_ms(pairs, "bare")
    table = _table("Processor time per case, ms", "process", "platform", "bare")
    for name in dict.fromkeys([*ours, *bare]):
        table.add_row(name, *(f"{side[name]:.1f}" if name in side else "" for side in (ours, bare)))
    table.add_section()
    table.add_row("together", f"{sum(ours.values()):.1f}", f"{sum(bare.values()):.1f}")
    return table


def _sandbox_table(measured: Measurement) -> Table:
    table = _table("Processor time per case of the case's own worker, ms", "the procedure", "platform")
    for where, spent in _outside(measured).items():
        table.add_row(where.replace("_", " "), f"{spent:.1f}")
    return table


def _outside(measured: Measurement) -> dict[str, float]:
    """Of the case's own worker, with the procedure in the SDK's sandbox and outside it."""
    inside = [_orchestrator_ms(each.inside) for each in measured.sandboxing]
    outside = [_orchestrator_ms(each.outside) for each in measured.sandboxing]
    return {"in_the_sandbox": round(median(inside), 1), "outside_it": round(median(outside), 1)}


def _orchestrator_ms(run: Run) -> float:
    return 1000 * run.processor.get("orchestrator", float("nan")) / len(run.cases)


def _history_table(measured: Measurement) -> Table:
    table = _table("Temporal history per case", "answers", "figure", "platform", "bare", "ratio")
    for when, (ours, bare) in {"apart": measured.apart, "at once": measured.at_once}.items():
        for figure, one, other in (("events", ours.events, bare.events), ("bytes", ours.size, bare.size)):
            table.add_row(when, figure, f"{one:,.0f}", f"{other:,.0f}", f"{one / other:.2f}")
    return table


def _parts_table(ours: HistoryCost, bare: HistoryCost) -> Table:
    table = _table("What the bytes are (answers apart)", "part", "platform", "bare")
    for name in sorted({*ours.parts, *bare.parts}, key=lambda name: -ours.parts.get(name, 0)):
        table.add_row(name, f"{ours.parts.get(name, 0):,.0f}", f"{bare.parts.get(name, 0):,.0f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", min_width=len(title) + 2)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _processor_ms(pairs: Sequence[Pair], side: str) -> dict[str, float]:
    runs = [pair.platform if side == "platform" else pair.bare for pair in pairs]
    return {
        name: median(1000 * run.processor[name] / len(run.cases) for run in runs)
        for name in runs[0].processor
    }


def _processor_ratio(pairs: Sequence[Pair]) -> float | None:
    """Processor time of the bare program over that of the platform: steadier than throughput on a machine
    that has other work."""
    ours, bare = (sum(_processor_ms(pairs, side).values()) for side in ("platform", "bare"))
    return round(bare / ours, 3) if ours else None


def _history(cost: HistoryCost) -> dict[str, Any]:
    return {"events": cost.events, "bytes": cost.size, "parts": cost.parts, "event_types": cost.kinds}


def _processor_cause(pairs: Sequence[Pair]) -> str:
    ours, bare = _processor_ms(pairs, "platform"), _processor_ms(pairs, "bare")
    if not ours:
        return "Where the time goes cannot be read on this system: it has no /proc."
    more = {
        "the case's own worker": ours["orchestrator"] - bare["bare-cases"],
        "Temporal": ours["temporal"] - bare["temporal"],
        "Kafka": ours["kafka"] - bare["kafka"],
        "the agencies": ours["agencies"] + ours["department-drainage"] - bare["bare-agencies"],
        "the gateway": ours["gateway"],
        "the archive": ours["archive"],
    }
    parts = ", ".join(f"{name} {ms:+.0f}" for name, ms in sorted(more.items(), key=lambda each: -each[1]))
    total, other = sum(ours.values()), sum(bare.values())
    return (
        f"A case takes {total:.0f} ms of processor time against {other:.0f}; the difference in ms: {parts}."
    )


def _events_cause(ours: HistoryCost, bare: HistoryCost) -> str:
    more = {
        kind: ours.kinds.get(kind, 0) - bare.kinds.get(kind, 0)
        for kind in (
            "workflow_task_scheduled",
            "activity_task_scheduled",
            "timer_started",
            "upsert_workflow_search_attributes",
        )
    }
    tasks, activities, timers, listed = more.values()
    return (
        f"{tasks:+.0f} workflow tasks and {activities:+.0f} activities (three events each), "
        f"{timers:+.0f} timers, {listed:+.0f} changes of search attributes."
    )


def _bytes_cause(ours: HistoryCost, bare: HistoryCost) -> str:
    outbox = ours.parts[f"{OUTBOX}, payload"]
    rest = (ours.size - outbox) / bare.size
    more = {
        part: _bytes_of(part, ours) - _bytes_of(part, bare)
        for part in ("signals", "workflow tasks", "search attributes", "summaries")
    }
    return (
        f"{outbox / ours.size:.0%} of it, {outbox:,.0f} bytes, are the ledger entries and letters in the "
        f"outbox's input: there they are durable before they leave, so a retry cannot fork the ledger. "
        f"Without them the ratio is {rest:.2f}; "
        + ", ".join(f"{part} {size:+,.0f}" for part, size in more.items())
        + "."
    )


def _bytes_of(part: str, cost: HistoryCost) -> float:
    return sum(size for name, size in cost.parts.items() if name.startswith(part))
