"""The gateway and the fence: whether events reach their cases, and whether deadlines may bind."""

from __future__ import annotations

from deploy.grafana.expressions import counted, quantile, told
from deploy.grafana.panels import Dashboard, Row, bars, lines, number, stack

CARRYING = Row(
    "Events come in",
    (
        number(
            "Oldest event",
            "How long the oldest message that came in has waited to reach its case.",
            "max(seamless_gateway_oldest_unfinished_age_seconds)",
            unit="s",
            red=120,
        ),
        number(
            "In flight",
            "Messages that are read and have not reached their case yet.",
            "sum(seamless_gateway_in_flight)",
        ),
        number("Lag", "Messages that were not carried yet.", "sum(seamless_gateway_lag_records)"),
        number(
            "Paused partitions",
            "Paused partitions: too many events are in flight, because of a flood or one stuck case.",
            "sum(seamless_gateway_paused_partitions)",
            red=1,
        ),
        number(
            "Last heartbeat",
            "Time since a gateway last reported that it is well. Consequences of deadlines wait for one.",
            "min(seamless_gateway_heartbeat_age_seconds)",
            unit="s",
            red=60,
        ),
        number(
            "Outages in 30 days",
            "Periods without a gateway that was well. After each one, consequences are held for a while.",
            "max(seamless_platform_outages)",
            red=1,
        ),
        stack(
            "Events in, by what became of them",
            "started: a case was opened. delivered: it reached its case. duplicate: it had come before."
            " dead-letter: it was refused.",
            ("sum by (outcome) (rate(seamless_gateway_events_total[5m]))", "{{outcome}}"),
            unit="ops",
        ),
        lines(
            "From the broker into the case",
            "How long messages took from the broker's append until they were durable in their case.",
            (quantile(0.5, "seamless_gateway_carry_delay_seconds", "5m"), "half of them"),
            ("seamless:gateway_carry_delay_seconds:p99_5m", "99 of 100"),
            unit="s",
        ),
        lines(
            "Lag and in flight",
            "A lag that grows while little is in flight: the gateway does not read on.",
            ("sum(seamless_gateway_lag_records)", "lag"),
            ("sum(seamless_gateway_in_flight)", "in flight"),
        ),
        lines(
            "Busiest inlets",
            "The five topics on which most came in. One party alone cannot hold back the others.",
            ("topk(5, seamless:events_in:rate5m)", "{{topic}}"),
            unit="ops",
        ),
        lines(
            "Refused, by topic",
            "Whose messages are refused: a broken contract shows as one line.",
            ("seamless:events_refused:rate5m > 0", "{{topic}}"),
            unit="ops",
        ),
        lines(
            "Offsets and assignments",
            "How long commits take, and how often partitions were reassigned within 10 minutes.",
            (quantile(0.99, "seamless_gateway_commit_seconds", "5m"), "commit, 99 of 100"),
            ("sum(increase(seamless_gateway_rebalances_total[10m]))", "assignments"),
            unit="s",
        ),
    ),
)

LETTERS = Row(
    "Dead letters",
    (
        bars(
            "Waiting for somebody",
            "Refused messages that are neither replayed nor discarded, by reason.",
            told("seamless_dead_letters_waiting", by="reason"),
            "{{reason}}",
            red=1,
        ),
        stack(
            "Refused, an hour",
            "Messages that became dead letters, by reason.",
            ("sum by (reason) (increase(seamless_dead_letters_total[1h])) > 0", "{{reason}}"),
        ),
        stack(
            "Refused by the case itself, an hour",
            "Messages that reached their case and were not what it had asked for.",
            (f"{counted('seamless_case_events_refused_total', '1h', by='reason')} > 0", "{{reason}}"),
        ),
    ),
)

FENCE = Row(
    "The fence: may a deadline bind?",
    (
        lines(
            "Held consequences",
            "Deadlines that have passed and may not bind yet, by reason.",
            (told("seamless_fence_held_consequences", by="reason"), "{{reason}}"),
        ),
        lines(
            "Dead letters that hold them",
            "Refused messages for which the platform may have been at fault: they may have come in time.",
            ("max(seamless_fence_suspect_dead_letters)", "dead letters"),
        ),
        lines(
            "Asked and not allowed, an hour",
            "How often a consequence was asked for and had to wait.",
            ("sum by (reason) (increase(seamless_fence_waits_total[1h]))", "{{reason}}"),
        ),
        lines(
            "Since a gateway was last well",
            "By the broker's timestamps. More than a minute is an outage of the platform.",
            ("time() - max(seamless_platform_heartbeat_timestamp_seconds)", "seconds"),
            unit="s",
            width=12,
        ),
        lines(
            "Delay from event to effect",
            "From the broker's append of a message to the entry of the ledger that it brought about.",
            ("seamless:event_effect_delay_seconds:p99_5m", "99 of 100"),
            unit="s",
            width=12,
        ),
    ),
)

TEMPORAL = Row(
    "Temporal",
    (
        lines(
            "Failing workflow tasks, an hour",
            "Steps of cases that failed and are repeated, by procedure.",
            ("sum by (workflow_type) (increase(temporal_workflow_task_execution_failed_total[1h]))",
             "{{workflow_type}}"),
        ),
        lines(
            "Free slots of workers",
            "Where none is left, work waits for a worker.",
            ("min by (task_queue, worker_type) (temporal_worker_task_slots_available)",
             "{{task_queue}} {{worker_type}}"),
        ),
        lines(
            "Waiting for a worker",
            "95 of 100 steps of cases were taken within this time.",
            (quantile(0.95, "temporal_workflow_task_schedule_to_start_latency_seconds", "5m",
                      by="task_queue"), "{{task_queue}}"),
            unit="s",
        ),
    ),
)  # fmt: skip

GATEWAY = Dashboard(
    "seamless-gateway",
    "Seamless: gateway and fence",
    "Whether messages reach their cases, and whether deadlines may bind.",
    (CARRYING, LETTERS, FENCE, TEMPORAL),
    hours=6,
)
