"""Write a calendar version from the maintained ``holidays`` package: ``python generate.py CN 2024 2026``.

A version that was published is never written again: a running case names the version it counts
with, and its due dates must not move because a library was updated.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import holidays

CATEGORIES = {"NL": ("public", "optional")}
"""What the package has to count as a holiday. In the Netherlands 5 May is one by law every year (Algemene
termijnenwet art. 3(1)), though most people have it off only every fifth: ``optional`` adds that day alone."""

BASIS = {
    "IT": "l. 260/1949 art. 2, as amended by l. 54/1977, DPR 792/1985, l. 336/2000 and l. 151/2025",
    "NL": "Algemene termijnenwet art. 3(1), (2); art. 3(3) for 2017 to 2019 and 2022 to 2026",
}
"""The law that makes them holidays, where it is told."""

DECREED = {
    "NL": (
        # the decree of 24 October 2016, nr. 2016001827
        "2017-04-28", "2017-05-26", "2018-05-11", "2018-12-24", "2018-12-31", "2019-05-31", "2019-12-27",
        # the one for 2022
        "2022-05-27",
        # the decree on 28 April and 19 May 2023, 10 May and 27 December 2024 and 30 May 2025
        "2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27", "2025-05-30",
        # the decree on 2 January and 15 May 2026, 7 May 2027, 28 April and 26 May 2028
        "2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26",
    ),
}  # fmt: skip
"""The days that royal decrees make equal to holidays for the Dutch law of limits (art. 3(3)). The package has
none of them: people work on them."""


def calendar(country: str, first: int, last: int) -> dict[str, Any]:
    """The holidays of ``first`` to ``last``, on whatever day of the week, and the weekends worked."""
    years = range(first, last + 1)
    categories = CATEGORIES.get(country, ("public",))
    off: Any = holidays.country_holidays(country, years=years, categories=categories)
    worked = sorted(day for day in off.weekend_workdays if day.year in years)
    decreed = [date.fromisoformat(day) for day in DECREED.get(country, ())]
    days = {day for day in [*off, *decreed] if day.year in years and day not in worked}
    source = [f"holidays {version('holidays')}, {country}, {' and '.join(categories)}", BASIS.get(country)]
    return {
        "zone": {"CN": "Asia/Shanghai", "IT": "Europe/Rome", "NL": "Europe/Amsterdam"}[country],
        "first_year": first,
        "last_year": last,
        "source": "; ".join(filter(None, source)),
        "holidays": [day.isoformat() for day in sorted(days)],
        "worked_weekends": [day.isoformat() for day in worked],
    }


if __name__ == "__main__":
    country, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    edition = 1
    while (target := Path(__file__).with_name(f"{country.lower()}-{last}.{edition}.json")).exists():
        edition += 1
    target.write_text(json.dumps(calendar(country, first, last), indent=1) + "\n", encoding="utf-8")
    print(target.name)
