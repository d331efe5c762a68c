"""Write a calendar version from the maintained ``holidays`` package: ``python generate.py CN 2024 2026``.

A version that was published is never written again: a running case names the version it counts
with, and its due dates must not move because a library was updated.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import holidays

CATEGORIES = {"NL": ("public", "optional")}
"""What the package has to count as a holiday. In the Netherlands 5 May is one by law every year (Algemene
termijnenwet art. 3(1)), though most people have it off only every fifth: ``optional`` adds that day alone."""


def calendar(country: str, first: int, last: int) -> dict[str, Any]:
    """The days of ``first`` to ``last`` that differ from "Monday to Friday are worked"."""
    years = range(first, last + 1)
    categories = CATEGORIES.get(country, ("public",))
    off: Any = holidays.country_holidays(country, years=years, categories=categories)
    worked = sorted(day for day in off.weekend_workdays if day.year in years)
    return {
        "zone": {"CN": "Asia/Shanghai", "IT": "Europe/Rome", "NL": "Europe/Amsterdam"}[country],
        "first_year": first,
        "last_year": last,
        "source": f"holidays {version('holidays')}, {country}, {' and '.join(categories)}",
        "holidays": [day.isoformat() for day in sorted(off) if day.weekday() < 5 and day not in worked],
        "worked_weekends": [day.isoformat() for day in worked],
    }


if __name__ == "__main__":
    country, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    edition = 1
    while (target := Path(__file__).with_name(f"{country.lower()}-{last}.{edition}.json")).exists():
        edition += 1
    target.write_text(json.dumps(calendar(country, first, last), indent=1) + "\n", encoding="utf-8")
    print(target.name)
