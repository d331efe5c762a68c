"""One agency: what it has to answer, how long it takes, and what the law does when it is silent."""

from __future__ import annotations

from deploy.grafana.expressions import counted, told
from deploy.grafana.panels import Dashboard, Row, Variable, bars, lines, number, stack

AT = 'agency="$agency"'
FROM_IT = 'topic=~"(.+[.])?agency[.]$agency[.]events"'
TO_IT = 'topic=~"(.+[.])?agency[.]$agency[.]requests"'

LEFT = {
    "overdue": "overdue",
    "1d": "within 1 day",
    "3d": "within 3 days",
    "10d": "within 10 days",
    "later": "later",
    "none": "no limit",
}
"""How requests are told apart by the time that is left, and how that is called."""

NOW = Row(
    "$agency now",
    (
        number(
            "Open requests",
            "What the agency has been asked and has not answered.",
            told(f"seamless_requests_open{{{AT}}}"),
        ),
        number(
            "Overdue",
            "Of these, those whose limit is over.",
            told(f'seamless_requests_open{{{AT}, due="overdue"}}'),
            red=1,
        ),
        number(
            "Due within a day",
            "Those that become overdue unless they are answered by this time tomorrow.",
            told(f'seamless_requests_open{{{AT}, due="1d"}}'),
        ),
        number(
            "Next due",
            "The earliest end of a limit among its open requests.",
            f"max(seamless_requests_earliest_due_timestamp_seconds{{{AT}}}) * 1000",
            unit="dateTimeFromNow",
        ),
        number(
            "Half are answered within",
            "The median of the requests that ended in the last day.",
            f"max(seamless:request_wait_seconds:p50_1d{{{AT}}})",
            unit="s",
        ),
        number(
            "Silence that counted",
            "Requests that the law answered in its place within 30 days.",
            counted("seamless_requests_deemed_total", "30d", where=AT),
            red=1,
        ),
    ),
)

WORK = Row(
    "Its work",
    (
        stack(
            "Open requests by the time that is left",
            "What has to be answered when: what is at the bottom is already overdue.",
            *((told(f'seamless_requests_open{{{AT}, due="{due}"}}'), name) for due, name in LEFT.items()),
            width=12,
        ),
        lines(
            "Waiting time",
            "From the question to its end, of the requests that ended in the last day.",
            (f"max(seamless:request_wait_seconds:p50_1d{{{AT}}})", "half of them"),
            (f"max(seamless:request_wait_seconds:p95_1d{{{AT}}})", "95 of 100"),
            unit="s",
            width=12,
        ),
        lines(
            "Asked and ended, a day",
            "Where more is asked than ended, the agency falls behind.",
            (counted("seamless_requests_asked_total", "1d", where=AT), "asked"),
            (counted("seamless_requests_ended_total", "1d", where=AT), "ended"),
        ),
        bars(
            "How requests ended in 30 days",
            "answered: by the agency. deemed: by its silence. lapsed: the case went on without it."
            " stopped: no longer needed.",
            counted("seamless_requests_ended_total", "30d", by="how", where=AT),
            "{{how}}",
        ),
        bars(
            "What its silence counted as, 30 days",
            "The outcomes that the law put in the place of an answer.",
            counted("seamless_requests_deemed_total", "30d", by="outcome", where=AT),
            "{{outcome}}",
        ),
    ),
)

MESSAGES = Row(
    "Its messages",
    (
        lines(
            "From it, a minute",
            "Messages of its own system by what became of them. An agency that takes part by an automated"
            " check sends none.",
            (f"sum by (outcome) (rate(seamless_gateway_events_total{{{FROM_IT}}}[5m])) * 60", "{{outcome}}"),
            width=12,
        ),
        lines(
            "To it, a minute",
            "Messages of the platform to its system, copies included.",
            (f"sum(rate(seamless_letters_published_total{{{TO_IT}}}[5m])) * 60", "sent"),
            width=12,
        ),
    ),
)

AGENCY = Dashboard(
    "seamless-agency",
    "Seamless: one agency",
    "What one agency has to answer, how long it takes, and what the law does when it is silent.",
    (NOW, WORK, MESSAGES),
    (Variable("agency", "Agency", "seamless_requests_open"),),
    hours=24 * 7,
)
