"""The rules for Prometheus: Prometheus takes them, each alert fires when it should, and leads to its page."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.watching.promql import metrics_of
from tests.watching.rules import FOLDER, RULES, Rule
from tests.watching.tools import tool

FILES = sorted(FOLDER.glob("*.yml"))
TESTS = sorted(FOLDER.glob("tests/*.test.yml"))
ALERTS = [each for each in RULES if each.kind == "alert"]
TESTED = "\n".join(each.read_text("utf-8") for each in TESTS)

FROM_EVERY_COPY = re.compile(
    r"seamless_(cases_|case_|requests?_|decisions_|supplements_|event_|archive_(complete|lost)|platform_"
    r"|fence_(held|suspect)|dead_letters_waiting)"
)
"""What several processes say alike: whoever adds it counts it several times."""


def promtool(*arguments: str | Path) -> str:
    """Run Prometheus's tool; what it says."""
    command = [tool("promtool"), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_prometheus_takes_the_rules() -> None:
    rules = [each for each in FILES if each.name.startswith("seamless.")]
    assert len(rules) == 2
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", *rules)


@pytest.mark.parametrize("file", TESTS, ids=lambda each: each.stem)
def test_the_rules_do_what_their_tests_say(file: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", file)


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.name)
def test_every_rule_has_a_test(rule: Rule) -> None:
    """An alert that never fired in a test may never fire at all."""
    if rule.kind == "record":
        assert rule.name in TESTED
    else:
        told = rf'alertname="{rule.name}", alertstate="firing"[^}}]*severity="{rule.severity}"'
        by_itself = (
            rf"alertname: {rule.name}\n\s+eval_time: \S+\n\s+exp_alerts:\n"
            rf"\s+- exp_labels: .*severity: {rule.severity}"
        )
        assert re.search(told, TESTED) or re.search(by_itself, TESTED)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each.name)
def test_an_alert_says_what_is_the_matter_and_where_to_read_how_to_mend_it(alert: Rule) -> None:
    assert alert.severity in ("critical", "warning", "info")
    for name in ("summary", "description"):
        assert re.search(rf"^\s+{name}: \S", alert.text, re.MULTILINE)
    assert f"runbook_url: docs/runbooks/{alert.name}.md" in alert.text


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.name)
def test_nothing_is_added_up_that_several_processes_say_alike(rule: Rule) -> None:
    for added in re.findall(r"sum(?: by \([^)]*\))? \(([^()]*)", rule.expression):
        assert not [name for name in metrics_of(added) if FROM_EVERY_COPY.match(name)], added
