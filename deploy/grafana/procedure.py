"""One procedure: how many apply, how it is decided, and how its limits are kept."""

from __future__ import annotations

from deploy.grafana.expressions import counted, told
from deploy.grafana.panels import Dashboard, Row, Variable, bars, lines, number, stack

OF = 'procedure="$procedure"'

NOW = Row(
    "$procedure",
    (
        number("Open cases", "Cases that are not closed.", told(f"seamless_cases_open{{{OF}}}")),
        number(
            "Opened in a day",
            "Applications that became a case in the last 24 hours.",
            counted("seamless_cases_opened_total", "1d", where=OF),
        ),
        number(
            "Decided in a day",
            "Decisions of the last 24 hours.",
            counted("seamless_cases_decided_total", "1d", where=OF),
        ),
        number(
            "Granted, 30 days",
            "The share of the decisions of 30 days that grant what was applied for.",
            counted("seamless_cases_decided_total", "30d", where=f'{OF}, outcome="granted"')
            + f" / ({counted('seamless_cases_decided_total', '30d', where=OF)} > 0)",
            unit="percentunit",
        ),
        number(
            "Limits missed, 30 days",
            "Limits of cases that ended before what they are for.",
            counted("seamless_case_limits_missed_total", "30d", where=OF),
            red=1,
        ),
        number(
            "Silence decided, 30 days",
            "The law took the decision, since the authority had not.",
            counted("seamless_decisions_deemed_total", "30d", where=OF),
            red=1,
        ),
    ),
)

COURSE = Row(
    "Its cases",
    (
        lines(
            "Opened, decided and closed, a day",
            "Over 24 hours each. Where more are opened than decided, applicants will wait longer.",
            (counted("seamless_cases_opened_total", "1d", where=OF), "opened"),
            (counted("seamless_cases_decided_total", "1d", where=OF), "decided"),
            (counted("seamless_cases_closed_total", "1d", where=OF), "closed"),
        ),
        stack(
            "Decisions of a day",
            "By outcome, over 24 hours each.",
            (counted("seamless_cases_decided_total", "1d", by="outcome", where=OF), "{{outcome}}"),
        ),
        lines(
            "Open cases over time",
            "Cases that are not closed.",
            (told(f"seamless_cases_open{{{OF}}}"), "open"),
        ),
        bars(
            "Why it was refused, 30 days",
            "The reasons of the decisions, as the service item has them.",
            counted("seamless_decisions_refused_total", "30d", by="reason", where=OF),
            "{{reason}}",
        ),
        bars(
            "Which limits were missed, 30 days",
            "Whether the law's limit, the promised one, or that of a stage was missed.",
            counted("seamless_case_limits_missed_total", "30d", by="limit", where=OF),
            "{{limit}}",
            red=1,
        ),
        lines(
            "Supplements, a day",
            "What applicants were asked for later, and handed in. Many of them: the form asks too little.",
            (counted("seamless_supplements_asked_total", "1d", where=OF), "asked for"),
            (counted("seamless_supplements_received_total", "1d", where=OF), "handed in"),
        ),
        stack(
            "What happened, an hour",
            "Entries of its ledgers by kind, copies included.",
            (
                f"sum by (kind) (increase(seamless_ledger_entries_published_total{{{OF}}}[1h])) > 0",
                "{{kind}}",
            ),
            width=24,
        ),
    ),
)

PROCEDURE = Dashboard(
    "seamless-procedure",
    "Seamless: one procedure",
    "How many apply, how it is decided, and how its limits are kept.",
    (NOW, COURSE),
    (Variable("procedure", "Procedure", "seamless_cases_open"),),
    hours=24 * 7,
)
