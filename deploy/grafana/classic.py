"""A dashboard as Grafana's JSON, in the classic model, which every Grafana from 10 on reads.

What is written is no more than what differs from Grafana's defaults, or what it needs to show a panel
the same way in every version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

from deploy.grafana.panels import WIDTH, Dashboard, Panel, Query, Row, Variable

SCHEMA = 39
"""The version of the model: that of Grafana 10.4 and 11. Later ones migrate it when they load it."""

TAG = "seamless"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, Any]


def as_text(dashboard: Dashboard) -> str:
    """The JSON as it is kept in a file."""
    return json.dumps(as_json(dashboard), indent=2, ensure_ascii=False) + "\n"


def as_json(dashboard: Dashboard) -> Json:
    """The JSON of a dashboard, without an id: Grafana gives it one, and finds it again by its uid."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.says,
        "tags": [TAG],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": f"now-{dashboard.hours}h", "to": "now"},
        "refresh": "1m",
        "schemaVersion": SCHEMA,
        "links": [_links()],
        "templating": {"list": [_source(), *(_variable(each) for each in dashboard.variables)]},
        "panels": list(_panels(dashboard.rows)),
    }


def _links() -> Json:
    """The way to our other dashboards."""
    return {
        "type": "dashboards",
        "title": "Seamless",
        "tags": [TAG],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }


def _source() -> Json:
    return {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"}


def _variable(variable: Variable) -> Json:
    return {
        "type": "query",
        "name": variable.name,
        "label": variable.title,
        "datasource": SOURCE,
        "query": {"query": variable.expr, "refId": variable.name},
        "refresh": 2,  # the values are asked for again when the time range changes
        "sort": 1,
        "multi": False,
        "includeAll": False,
    }


# --- where panels stand -------------------------------------------------------------------------------------


def _panels(rows: tuple[Row, ...]) -> Iterator[Json]:
    """Rows under one another; in a row, panels from left to right, and a new line where one does not fit."""
    identity = top = 0
    for row in rows:
        identity += 1
        yield {
            "id": identity,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": _at(0, top, WIDTH, 1),
            "panels": [],
        }
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top, height = 0, top + height, 0
            identity += 1
            yield {"id": identity, "gridPos": _at(left, top, panel.width, panel.height)} | _panel(panel)
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _at(x: int, y: int, w: int, h: int) -> Json:
    return {"x": x, "y": y, "w": w, "h": h}


# --- what a panel shows -------------------------------------------------------------------------------------

TYPES = {
    "lines": "timeseries",
    "stack": "timeseries",
    "number": "stat",
    "bars": "bargauge",
    "table": "table",
    "text": "text",
}

LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}

OPTIONS: dict[str, Json] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": LAST,
        "orientation": "auto",
        "textMode": "value",
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
    },
    "bargauge": {
        "reduceOptions": LAST,
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "color",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}


def _panel(panel: Panel) -> Json:
    kind = TYPES[panel.kind]
    head: Json = {"type": kind, "title": panel.title}
    if panel.kind == "text":
        return head | {"options": {"mode": "markdown", "content": panel.markdown}}
    head |= {
        "description": panel.says,
        "datasource": SOURCE,
        "targets": [_target(panel, each, name) for name, each in _named(panel)],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": OPTIONS[kind] | _sorted(panel),
    }
    return head | ({"transformations": _side_by_side(panel)} if panel.kind == "table" else {})


def _sorted(panel: Panel) -> Json:
    return {"sortBy": [{"displayName": panel.sort, "desc": True}]} if panel.sort else {}


def _target(panel: Panel, query: Query, name: str) -> Json:
    over_time = panel.kind in ("lines", "stack", "number")
    return {
        "refId": name,
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "range": over_time,
        "instant": not over_time,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _field(panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green" if panel.thresholds else "text", "value": None}]
    steps += [{"color": each.color, "value": each.value} for each in panel.thresholds]
    shown: Json = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    shown |= {"decimals": 0} if panel.whole else {}
    if panel.kind in ("number", "bars"):
        return shown | {"color": {"mode": "thresholds"}, "noValue": "–"} | _from_zero(panel)
    if panel.kind == "table":
        return shown | {"noValue": "–"}
    adds_up = panel.kind == "stack"
    drawn = {
        "drawStyle": "line",
        "lineWidth": 0 if adds_up else 1,  # the line of a series that is zero would hide the one below
        "fillOpacity": 60 if adds_up else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if adds_up else "none", "group": "A"},
    }
    return shown | {"color": {"mode": "palette-classic"}, "custom": drawn} | _from_zero(panel)


def _from_zero(panel: Panel) -> Json:
    """Scales begin at zero, so that a picture does not make little of much; what may be past can be less."""
    return {} if panel.unit == "dateTimeFromNow" else {"min": 0}


def _side_by_side(panel: Panel) -> list[Json]:
    """The answers of all queries in one table, one row for each set of labels, without the time."""
    names = {f"Value #{name}": each.legend for name, each in _named(panel)}
    if len(panel.queries) == 1:
        names = {"Value": panel.queries[0].legend}
    organized = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": {}}
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": organized},
    ]


def _named(panel: Panel) -> Iterator[tuple[str, Query]]:
    """The queries of a panel, each with the letter by which Grafana refers to it."""
    return zip(ascii_uppercase, panel.queries, strict=False)
