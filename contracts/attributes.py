"""What operators see of cases in Temporal: search attributes, by which they search, and summaries.

The gateway sets the attributes that are known when a case is opened, and the case updates the others. They
hold ids and words of the procedure's author, and no personal data: search attributes are never encrypted. The
platform bases no decision on them. docs/operating.md has queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from contracts.terms.bounds import one_line

PROCEDURE = "SeamlessProcedure"
VARIANT = "SeamlessVariant"
LAW = "SeamlessLaw"
"""The id of the case's law version."""
CHANNEL = "SeamlessChannel"
LEAD_AGENCY = "SeamlessLeadAgency"
STAGE = "SeamlessStage"
"""The current stage of the course, as its author calls it; otherwise one of the words below. Only a case that
was opened with it updates its attributes: the history of any other has no event for that."""
WAITING_FOR = "SeamlessWaitingFor"
"""Whom the case waits for: the ids of agencies, ``applicant``, ``third-party:<key>``."""
OVERDUE = "SeamlessOverdue"
"""Those of them whose limit has passed, once something followed from that, such as an escalation."""
DUE = "SeamlessDue"
"""The earliest due time among what the case waits for. It may be past."""
OUTCOME = "SeamlessOutcome"
"""The outcome of the decision, once there is one: ``granted``, ``refused``, ``withdrawn``, ``ended``."""

KINDS: Mapping[str, Literal["Keyword", "KeywordList", "Datetime"]] = {
    PROCEDURE: "Keyword",
    VARIANT: "Keyword",
    LAW: "Keyword",
    CHANNEL: "Keyword",
    LEAD_AGENCY: "Keyword",
    STAGE: "Keyword",
    WAITING_FOR: "KeywordList",
    OVERDUE: "KeywordList",
    DUE: "Datetime",
    OUTCOME: "Keyword",
}
"""Every search attribute with its type. On an SQL database a Temporal namespace has room for ten of type
Keyword, three of KeywordList and three of Datetime."""

OPENED, ACCEPTED, DECIDED, CLOSED = "opened", "accepted", "decided", "closed"
"""The stage of a case whose course is in no stage that has a name."""

LONGEST = 150
"""Characters of a keyword. SQL databases index 255, and a value may take 2,048 bytes of JSON, in which one
character may take twelve."""

MOST = 20
"""How many ids of a list are kept: with the longest possible ids, they take 1,700 of the 2,048 bytes."""

MORE = "and-more"
"""The last entry of a list that is too long to be kept in full."""

SUMMARY_BYTES = 190


def keyword(text: str) -> str:
    """A text as Temporal takes it, whatever its author wrote: on one line, at most ``LONGEST`` characters."""
    return one_line(text)[:LONGEST]


def keywords(ids: Iterable[str]) -> list[str]:
    """A list of ids as Temporal takes it: in order, each once, at most ``MOST`` and then ``MORE``."""
    found = sorted(set(ids))
    return found if len(found) <= MOST else [*found[:MOST], MORE]


def summary(text: str) -> str:
    """A summary as Temporal takes it, of a workflow, an activity or a timer: within 400 bytes of JSON, in
    which a byte of text may take two."""
    return one_line(text).encode()[:SUMMARY_BYTES].decode(errors="ignore")
