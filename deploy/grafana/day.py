"""An operator's day: what to look at each morning, in the order in which to mend it."""

from __future__ import annotations

from deploy.grafana.expressions import FIRING, counted, ordered, told
from deploy.grafana.panels import Dashboard, Panel, Query, Row, bars, number, table, text

ROUND = """
1. **Alerts** first: each names its page in `docs/runbooks/`.
2. **Stuck cases**: `seamless case list --stuck` says why each is stuck.
3. **Dead letters**: `seamless dead-letter list`, then `replay` what the platform may have wronged, and tell
   the sender of a broken contract.
4. **Agencies that are late**: telephone those with requests due today. What the law does with their silence,
   it does at midnight.
5. **The archive**: `seamless case verify --all` once a day says whether every ledger is whole.
6. **What ends**: the calendar, the disk.

`seamless doctor` compares how everything is set up with what it should be.
"""

MORNING = Row(
    "The morning round",
    (
        text("In this order", ROUND, width=12),
        Panel(
            "Alerts that fire",
            "What fires now. Those that inform need nobody.",
            "table",
            (Query(FIRING, "firing"),),
            width=12,
        ),
        bars(
            "Stuck cases",
            "Cases that do not go on by themselves, by reason.",
            told("seamless_cases_stuck", by="reason"),
            "{{reason}}",
            red=1,
        ),
        bars(
            "Dead letters that wait",
            "Refused messages that nobody has replayed or discarded.",
            told("seamless_dead_letters_waiting", by="reason"),
            "{{reason}}",
            red=1,
        ),
        bars(
            "Held consequences",
            "Deadlines that may not bind yet, by reason.",
            told("seamless_fence_held_consequences", by="reason"),
            "{{reason}}",
            red=1,
        ),
    ),
)

LATE = Row(
    "Agencies",
    (
        table(
            "Who has what, and what is late",
            "One line an agency. Due tomorrow: within 24 hours. Silence: what the law answered in its place.",
            ("seamless:requests_open:by_agency", "open"),
            ("seamless:requests_overdue:by_agency", "overdue"),
            (told('seamless_requests_open{due="1d"}', by="agency"), "due in 1 day"),
            (told('seamless_requests_open{due="3d"}', by="agency"), "in 3 days"),
            (counted("seamless_requests_asked_total", "1d", by="agency"), "asked, 1 day"),
            (counted("seamless_requests_ended_total", "1d", by="agency"), "ended, 1 day"),
            (counted("seamless_requests_deemed_total", "30d", by="agency"), "silence, 30 days"),
            sort="overdue",
            height=14,
        ),
    ),
)

ENDS = Row(
    "What must be whole, and what ends",
    (
        number(
            "Archive complete",
            "1: it has everything that is on the topic of the ledger. 0: it does not, and says so.",
            "min(seamless_archive_complete)",
        ),
        number(
            "Not archived yet",
            "Entries of the ledger that the archive has not read.",
            "max(seamless_archive_lag_records)",
        ),
        number(
            "Lost to the archive",
            "Entries that were gone from the topic before the archive had read them. It stays so for good.",
            "max(seamless_archive_lost_records)",
            red=1,
        ),
        number(
            "Forks and strays",
            "Entries that came with other content than was stored, and records that are none of a ledger.",
            'max(sum by (instance) (seamless_archive_entries_total{result=~"fork|stray"}))',
            red=1,
        ),
        number(
            "Calendar ends",
            "The end of the last year whose holidays the calendar of new cases knows.",
            "min(seamless_calendar_end_timestamp_seconds) * 1000",
            unit="dateTimeFromNow",
        ),
        number(
            "Least free disk",
            "The smallest free share among the data directories.",
            "min(seamless_disk_free_bytes / seamless_disk_size_bytes)",
            unit="percentunit",
        ),
        number(
            "Figures counted",
            "When the open and overdue cases were counted last: the figures above are as old as that.",
            "max(seamless_cases_counted_timestamp_seconds) * 1000",
            unit="dateTimeFromNow",
        ),
        number(
            "Stuck cases counted",
            "When the stuck cases were counted last.",
            "max(seamless_cases_stuck_counted_timestamp_seconds) * 1000",
            unit="dateTimeFromNow",
        ),
        table(
            "Processes that are not ready",
            "Each with the reason.",
            ("seamless_not_ready == 1", "not ready"),
            width=16,
            height=4,
        ),
    ),
)

LEVERS = Row(
    "Levers",
    (
        table(
            "What was ordered",
            "Orders of operators within a day and a week, by lever. Proposed: another person confirms it.",
            (ordered("taken", "1d"), "taken, 1 day"),
            (ordered("proposed", "1d"), "proposed, 1 day"),
            (ordered("refused", "1d"), "refused, 1 day"),
            (ordered("taken", "7d"), "taken, 7 days"),
            (ordered("proposed", "7d"), "proposed, 7 days"),
            (ordered("refused", "7d"), "refused, 7 days"),
            sort="taken, 1 day",
            height=12,
        ),
    ),
)

DAY = Dashboard(
    "seamless-day",
    "Seamless: an operator's day",
    "What to look at each morning, in the order in which to mend it.",
    (MORNING, LATE, LEVERS, ENDS),
)
