"""Which metrics a query asks for."""

from __future__ import annotations

import re

_NOT_METRICS = [
    r'"(?:\\.|[^"\\])*"',
    r"'(?:\\.|[^'\\])*'",
    r"`[^`]*`",
    r"#.*",
    r"\{[^}]*\}",
    r"\[[^\]]*\]",
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)",
    r"\b(?:group_left|group_right|and|or|unless|bool|atan2|inf|nan)\b",
    r"\b(?:offset|@)\s*-?\s*[\w.]+",
    r"\b\d[\w.]*",
    r"\$\w+",
]
"""Everything in a query that has the form of a name and is none of a metric, in the order to remove it."""


def metrics_of(query: str) -> set[str]:
    """The names of the metrics that a PromQL query reads: every word that is neither text, label, duration,
    keyword nor function."""
    for pattern in _NOT_METRICS:
        query = re.sub(pattern, " ", query, flags=re.IGNORECASE)
    return set(re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", query))
