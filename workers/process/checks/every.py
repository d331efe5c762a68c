"""Every check there is. A new check is a function that returns a finding, and its line here."""

from __future__ import annotations

from workers.process.checks.agreement import clock_and_calendar, directory, laws
from workers.process.checks.archive import archive
from workers.process.checks.check import Check
from workers.process.checks.clocks import clock_skew
from workers.process.checks.disk import room
from workers.process.checks.namespace import namespace, namespace_retention, search_attributes
from workers.process.checks.servers import Server
from workers.process.checks.topics import partitions, topic_settings, topics

KAFKA: frozenset[Server] = frozenset({"kafka"})
TEMPORAL: frozenset[Server] = frozenset({"temporal"})
ARCHIVE: frozenset[Server] = frozenset({"archive"})

CHECKS = (
    Check("directory", directory, final=True),
    Check("calendar", clock_and_calendar),
    Check("laws", laws, at_start=False),
    Check("disk", room, at_start=False),
    Check("topics", topics, KAFKA),
    Check("partitions", partitions, KAFKA),
    Check("topic-settings", topic_settings, KAFKA),
    Check("namespace", namespace, TEMPORAL),
    Check("namespace-retention", namespace_retention, TEMPORAL),
    Check("search-attributes", search_attributes, TEMPORAL),
    Check("clock-skew", clock_skew, KAFKA | TEMPORAL),
    Check("archive-of-ledger", archive, KAFKA | ARCHIVE, at_start=False),
)
"""In the order in which they are shown: what must be fixed first comes first."""
