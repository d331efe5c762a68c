"""Who is told of an alert, as Alertmanager's own tool reads the configuration."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.watching.rules import RULES
from tests.watching.tools import tool

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"


def amtool(*arguments: str) -> str:
    """Run Alertmanager's tool; what it says."""
    command = [tool("amtool"), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def receivers(**labels: str) -> set[str]:
    """Who is told of an alert with these labels."""
    given = [f"{name}={value}" for name, value in labels.items()]
    told = amtool("config", "routes", "test", f"--config.file={CONFIG}", *given)
    return set(told.strip().split(","))


def test_alertmanager_takes_the_configuration() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "on-call"), ("warning", "operators"), ("info", "journal")]
)
def test_each_severity_has_its_receiver(severity: str, receiver: str) -> None:
    assert receivers(alertname="SeamlessAny", severity=severity) == {receiver}


@pytest.mark.parametrize("agency", ["fire-safety", "tax", "an-agency-that-nobody-has-thought-of"])
def test_an_agency_is_told_what_concerns_it_and_the_operators_are_told_too(agency: str) -> None:
    assert receivers(alertname="SeamlessRequestsOverdue", severity="warning", agency=agency) == {
        "agency",
        "operators",
    }
    assert receivers(alertname="SeamlessAgencySilent", severity="critical", agency=agency) == {
        "agency",
        "on-call",
    }


@pytest.mark.parametrize("nobody", ["applicant", "third-party", "other", ""])
def test_nobody_is_written_to_who_has_no_desk(nobody: str) -> None:
    told = receivers(alertname="SeamlessRequestsOverdue", severity="warning", agency=nobody)
    assert told == {"operators"}


def test_an_alert_of_an_unknown_severity_is_not_lost() -> None:
    assert receivers(alertname="SeamlessAny") == {"operators"}
    assert receivers(alertname="SeamlessAny", severity="odd") == {"operators"}


def test_every_severity_that_an_alert_has_is_routed() -> None:
    severities = {rule.severity for rule in RULES if rule.kind == "alert"}
    assert severities == {"critical", "warning", "info"}


def test_every_alert_that_mutes_or_is_muted_exists() -> None:
    text = CONFIG.read_text("utf-8")
    named = re.findall(r'alertname=~?"([\w|]+)"', text.split("inhibit_rules:")[1])
    alerts = {rule.name for rule in RULES if rule.kind == "alert"}
    assert {name for each in named for name in each.split("|")} - alerts == set()
