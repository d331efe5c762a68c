"""The spans of cases and of automated checks.

A case creates no spans itself: its code is replayed, and lives for months. What it did is in what it sends,
so the outbox creates them: one span for a step of the case, which is all that it recorded on one event or at
one instant; below it one for each entry, whose context is sent with the entry's messages; and one for each
attempt to publish. They are sent once the broker has the entries.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from temporalio import activity

from contracts.platform import Batch, Posting
from contracts.wire.ledger import LedgerEntry
from contracts.wire.tracing import Trace, check_ids, entry_ids, step_ids, traceparent_of
from network.tracing import TRACING, below, handed_on, link_to, nanoseconds, stated, within

CODED = frozenset({"answered", "deemed", "decided", "closed", "marked", "warned", "overdue"})
"""Kinds of entries whose outcome is one of our codes. In others it may be a party's text."""


@contextmanager
def publishing(batch: Batch) -> Iterator[list[Trace | None]]:
    """The spans of a batch that is published meanwhile; gives the context that each posting goes out with."""
    if not TRACING.on:
        yield [posting.trace for posting in batch.postings]
        return
    steps: dict[tuple[Trace | None, datetime], Span] = {}
    entries: list[Span] = []
    handed: list[Trace | None] = []
    for posting in batch.postings:
        step = posting.trace, posting.entry.recorded
        if step not in steps:
            steps[step] = _step(posting)
        entries.append(_entry(posting, steps[step]))
        handed.append(handed_on(entries[-1], posting.trace))
    first, *others = steps.values()
    attempt = TRACING.tracer.start_span(
        "publish",
        within(first),
        kind=SpanKind.PRODUCER,
        attributes=_named({"case": batch.postings[0].entry.case}),
        links=[Link(each.get_span_context()) for each in others],
    )
    try:
        yield handed
    except Exception as error:
        _failed(attempt, error)
        raise
    finally:
        attempt.end()
    for span in (*entries, *steps.values()):
        span.end()


def _step(posting: Posting) -> Span:
    entry, trace = posting.entry, posting.trace or Trace()
    links = [trace.parent, trace.link] if trace.begins else [trace.link]
    with stated(step_ids(trace, entry.case, entry.recorded)):
        return TRACING.tracer.start_span(
            f"case {entry.procedure}",
            Context() if trace.begins else below(trace),
            attributes=_about(entry),
            links=[link_to(each) for each in dict.fromkeys(links) if each],
            start_time=_since(entry.recorded),
        )


def _entry(posting: Posting, step: Span) -> Span:
    entry = posting.entry
    said = {
        "kind": entry.kind,
        "entry": entry.sequence,
        "step": entry.step,
        "request": entry.request,
        "agency": entry.agency,
        "outcome": entry.outcome if entry.kind in CODED else None,
        "reason": entry.reason,
    }
    with stated(entry_ids(posting.trace, entry.case, entry.recorded, entry.id)):
        return TRACING.tracer.start_span(
            f"{entry.kind} {entry.step.rpartition('/')[0]}" if entry.request and entry.step else entry.kind,
            within(step),
            attributes=_about(entry) | _named(said),
            start_time=_since(entry.recorded),
        )


@contextmanager
def checking(name: str) -> Iterator[None]:
    """The span of an automated check that is made meanwhile, and of an attempt that fails.

    It is the first one of its trace. Its ids follow from the request, so that the case can name it as what
    the answer follows from.
    """
    if not TRACING.on:
        yield
        return
    info, began = activity.info(), time.time_ns()
    ids = check_ids(info.activity_id)
    about = _named({"case": info.workflow_id, "request": info.activity_id, "attempt": info.attempt})
    tracer = TRACING.tracer
    try:
        yield
    except Exception as error:
        check = below(Trace(parent=traceparent_of(ids)))
        span = tracer.start_span(f"attempt {name}", check, attributes=about, start_time=began)
        _failed(span, error)
        span.end()
        raise
    since = _since(info.scheduled_time)
    with stated(ids):
        span = tracer.start_span(f"check {name}", Context(), attributes=about, start_time=since)
    span.end()


def _failed(span: Span, error: Exception) -> None:
    """Say of which type the error was. What it says may quote a party."""
    span.set_status(Status(StatusCode.ERROR, type(error).__name__))


def _about(entry: LedgerEntry) -> dict[str, str | int]:
    return _named(
        {"case": entry.case, "procedure": entry.procedure, "law": entry.law, "variant": entry.variant}
    )


def _named(said: Mapping[str, str | int | None]) -> dict[str, str | int]:
    """Attributes of a span: ids and codes, never a text that a party has written."""
    return {f"seamless.{name}": value for name, value in said.items() if value is not None}


def _since(at: datetime) -> int:
    """When a span began. The clock of whoever says so may be ahead of ours; no span ends before it begins."""
    return min(nanoseconds(at), time.time_ns())
