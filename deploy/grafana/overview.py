"""The overview: whether somebody has to act, and how the city's cases go."""

from __future__ import annotations

from deploy.grafana.expressions import FIRING, URGENT, counted, told
from deploy.grafana.panels import Dashboard, Row, bars, lines, number, stack, table

ACT = Row(
    "Does somebody have to act?",
    (
        number(
            "Alerts",
            "Alerts that fire, without those that only inform. Each names its page of the runbook.",
            f"count({URGENT}) or vector(0)",
            red=1,
        ),
        number(
            "Stuck cases",
            "Cases that do not go on by themselves: their applicants wait until somebody removes the cause.",
            told("seamless_cases_stuck"),
            red=1,
        ),
        number(
            "Overdue at an agency",
            "Open cases with something overdue, counted at each agency that is late.",
            told("seamless_cases_overdue"),
            red=1,
        ),
        number(
            "Dead letters",
            "Refused messages that nobody has replayed or discarded yet.",
            told("seamless_dead_letters_waiting"),
            red=1,
        ),
        number(
            "Held consequences",
            "Deadlines that have ended without binding anybody yet, since it is not certain that there was"
            " silence.",
            told("seamless_fence_held_consequences"),
            red=1,
        ),
        number(
            "Oldest event",
            "How long the oldest message that came in has waited to reach its case.",
            "max(seamless_gateway_oldest_unfinished_age_seconds)",
            unit="s",
            red=120,
        ),
        table("Alerts that fire", "What fires now, and of what.", (FIRING, "firing")),
    ),
)

CASES = Row(
    "Cases",
    (
        stack(
            "Open cases",
            "Cases that are not closed, by procedure.",
            (told("seamless_cases_open", by="procedure"), "{{procedure}}"),
        ),
        lines(
            "Opened and decided, an hour",
            "Where more are opened than decided for days, somebody will have to wait longer.",
            ("sum(seamless:cases_opened:rate1h) * 3600", "opened"),
            ("sum(seamless:cases_decided:rate1h) * 3600", "decided"),
        ),
        stack(
            "Decisions of a day",
            "How the cases of the last 24 hours were decided.",
            (counted("seamless_cases_decided_total", "1d", by="outcome"), "{{outcome}}"),
        ),
    ),
)

AGENCIES = Row(
    "Agencies",
    (
        bars(
            "Overdue requests",
            "Requests whose limit is over without an answer, by the agency that has them.",
            "seamless:requests_overdue:by_agency",
            "{{agency}}",
            red=1,
        ),
        bars(
            "Open requests",
            "Everything that waits for an agency, for the applicant or for a third party.",
            "seamless:requests_open:by_agency",
            "{{agency}}",
        ),
        lines(
            "Waiting time, slowest twentieth",
            "From the question to its end: 95 of 100 requests of the last day took no longer.",
            ("seamless:request_wait_seconds:p95_1d", "{{agency}}"),
            unit="s",
        ),
    ),
)

LAW = Row(
    "What the law did in the last day",
    (
        bars(
            "Silence that counted",
            "Requests that the law answered, because the agency had not: the applicant has the outcome.",
            counted("seamless_requests_deemed_total", "1d", by="agency, outcome"),
            "{{agency}}: {{outcome}}",
        ),
        bars(
            "Limits of cases that were missed",
            "A statutory or promised limit of a case ended before its decision.",
            counted("seamless_case_limits_missed_total", "1d", by="procedure, limit"),
            "{{procedure}}: {{limit}}",
            red=1,
        ),
        bars(
            "Refusals by reason",
            "Why applications were refused.",
            counted("seamless_decisions_refused_total", "1d", by="procedure, reason"),
            "{{procedure}}: {{reason}}",
        ),
    ),
)

PROCESSES = Row(
    "Processes",
    (
        lines(
            "Processes that work",
            "How many processes of each kind are ready. Two of a kind carry on when one of them falls.",
            ("sum by (process) (seamless_ready * on (instance) group_left (process) seamless_build_info)",
             "{{process}}"),
        ),
        lines(
            "Delay from event to effect",
            "99 of 100 messages had their effect in the ledger within this time after the broker had them.",
            ("seamless:event_effect_delay_seconds:p99_5m", "99 of 100"),
            unit="s",
        ),
        lines(
            "Free disk",
            "Of the data directories. Below a tenth, somebody has to make room.",
            ("min by (instance) (seamless_disk_free_bytes / seamless_disk_size_bytes)", "{{instance}}"),
            unit="percentunit",
        ),
        table(
            "Builds",
            "Which build each process runs, on what.",
            ("count by (process, version, build, python, temporalio) (seamless_build_info)", "processes"),
            height=6,
        ),
    ),
)  # fmt: skip

OVERVIEW = Dashboard(
    "seamless-overview",
    "Seamless: overview",
    "Whether somebody has to act, and the state of cases, agencies and processes.",
    (ACT, CASES, AGENCIES, LAW, PROCESSES),
)
