"""The report of a replay, as it is printed."""

from __future__ import annotations

from seamless.cli.console import Console
from seamless.cli.replay import _print
from seamless.replay.adapters import ADAPTERS
from seamless.replay.report import ReplayReport
from tests.unit.seamless.replay.test_limits import LOG, OWN, found


def printed(report: ReplayReport) -> list[list[str]]:
    console = Console()
    with console.capture() as captured:
        _print(console, report)
    return [line.split() for line in captured.get().splitlines()]


def test_the_limits_are_printed_case_by_case_where_the_log_has_any() -> None:
    report = ReplayReport.empty(LOG)
    for reference, finding in found(OWN).items():
        report.limits.add(reference, finding)
    lines = printed(report)
    rest = lines[lines.index(["longer"]) : lines.index(["ledger_entries", "0"])]
    assert rest == [
        ["longer"],
        ["moved-from-5-may", "1"],
        ["suspended", "5"],
        ["extended-and-suspended", "45"],
        ["shorter"],
        ["shorter", "7"],
    ]
    assert ["agree_as_it_falls", "3"] in lines


def test_a_log_without_deadlines_has_no_such_section() -> None:
    report = ReplayReport.empty(ADAPTERS["traffic-fine"])
    report.flags["doubled-step"] = 2
    lines = printed(report)
    assert lines[lines.index(["flags"]) + 1] == ["doubled-step", "2"]
    assert ["limits"] not in lines
