"""All dashboards, and where their JSON is kept."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.agency import AGENCY
from deploy.grafana.classic import as_text
from deploy.grafana.day import DAY
from deploy.grafana.gateway import GATEWAY
from deploy.grafana.overview import OVERVIEW
from deploy.grafana.procedure import PROCEDURE

FOLDER = Path(__file__).with_name("json")

DASHBOARDS = (OVERVIEW, DAY, AGENCY, PROCEDURE, GATEWAY)


def files() -> dict[str, str]:
    """The file of each dashboard: name to text."""
    return {f"{each.uid}.json": as_text(each) for each in DASHBOARDS}
