"""W3C Trace Context: the trace that an event belongs to, and the place of what a case does among the traces.

An event's ``traceparent`` and ``tracestate`` (CloudEvents' extension for distributed tracing) say in which
trace it was sent. What it causes belongs to that trace. A case lives for months, and a trace should not: what
no event causes begins a new trace, which is linked to the one before it.

The ids of the spans of a case are derived from what it has published. So it knows them before any span is
created, a span that is sent twice is the same one, and a message that is sent again names the same context.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, Field

from contracts.terms.values import Contract, absent
from contracts.wire.canonical import sha256

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

STATE_CHARACTERS, STATE_MEMBERS = 512, 32
"""A ``tracestate`` of up to so many characters must be passed on; it has at most so many members."""

_VALUE = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]"
MEMBER = re.compile(
    r"([a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}|[a-z][a-z0-9_*/-]{0,255})"
    rf"={_VALUE}{{1,256}}"
)


def _traceparent(value: Any) -> Any:
    """``value``, if it is a trace context. W3C Trace Context requires readers to ignore any other value: the
    message matters more than its trace."""
    return value if isinstance(value, str) and TRACEPARENT.fullmatch(value) else None


def _tracestate(value: Any) -> Any:
    """``value``, if it is what vendors say about a trace; the whole of it is ignored where a part of it is
    not."""
    if not isinstance(value, str) or not 0 < len(value) <= STATE_CHARACTERS:
        return None
    members = [member for each in value.split(",") if (member := each.strip(" \t"))]
    keys = {member.partition("=")[0] for member in members if MEMBER.fullmatch(member)}
    return ",".join(members) if 0 < len(keys) == len(members) <= STATE_MEMBERS else None


TraceParent = Annotated[str | None, BeforeValidator(_traceparent)]
"""The trace that something belongs to, as W3C Trace Context has it; None for what is no such thing."""

TraceState = Annotated[str | None, BeforeValidator(_tracestate)]
"""What vendors add to a trace context, handed on as it came; None for what is no such thing."""


class SpanIds(NamedTuple):
    """What a span is known by: the id of its trace and its own, in hexadecimal."""

    trace: str
    span: str


class Trace(Contract):
    """What something follows from, in terms of traces.

    Attributes:
        parent: the context of the event that caused it. None if no event in a trace did: a due time came, for
            example.
        state: the ``tracestate`` of that event.
        link: the context of what it is about: the request that is answered, or overdue. Where it is about no
            step, the context of the application.
    """

    parent: TraceParent = Field(default=None, exclude_if=absent)
    state: TraceState = Field(default=None, exclude_if=absent)
    link: TraceParent = Field(default=None, exclude_if=absent)

    @classmethod
    def of(
        cls, parent: str | None = None, state: str | None = None, *, link: str | None = None
    ) -> Self | None:
        """What is known; None where nothing is."""
        if parent is None:
            return None if link is None else cls(link=link)
        return cls(parent=parent, state=state, link=link)

    @classmethod
    def stated_in(cls, attributes: Mapping[str, Any]) -> Self | None:
        """The context that the attributes of an event state, whatever they hold."""
        stated = cls(parent=attributes.get("traceparent"), state=attributes.get("tracestate"))
        return stated if stated.parent else None

    @property
    def begins(self) -> bool:
        """Whether a trace begins with it: no event caused it, or one whose sender has continued the trace of
        the very request that it answers. So a case is a chain of short traces, whoever answers."""
        return self.parent is None or trace_id(self.parent) == trace_id(self.link)


def trace_id(traceparent: str | None) -> str | None:
    """The id of the trace of a context."""
    return traceparent and traceparent[3:35]


def step_ids(trace: Trace | None, case: str, recorded: datetime) -> SpanIds:
    """The span of one step of a case: of all that it recorded at one instant and that follows from one
    ``trace``."""
    trace = trace or Trace()
    ids = _ids("step", case, recorded.astimezone(UTC).isoformat(), trace.parent, trace.link)
    return ids if trace.begins else SpanIds(str(trace_id(trace.parent)), ids.span)


def entry_ids(trace: Trace | None, case: str, recorded: datetime, entry: str) -> SpanIds:
    """The span of a ledger entry, by its id. What leaves with the entry has this context."""
    return SpanIds(step_ids(trace, case, recorded).trace, _ids("entry", entry).span)


def check_ids(request: str) -> SpanIds:
    """The span of the automated check that answers a request, by its id: the first of a trace."""
    return _ids("check", request)


def traceparent_of(ids: SpanIds) -> str:
    """The context of a span."""
    return f"00-{ids.trace}-{ids.span}-01"


def _ids(*named: str | None) -> SpanIds:
    digest = sha256(list(named))
    return SpanIds(digest[:32], digest[32:48])
