"""The days of an authority as they are published: one version of its calendar."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import field_validator

from contracts.terms.values import Contract, Day, Text


class CalendarDays(Contract):
    """One version of the days of an authority, as it is published.

    ``holidays`` are the days that are not worked whatever day of the week they are, including those on a
    weekend: some laws move the last day of a limit from a holiday but not from a Saturday. The versions
    ``cn-2026.1``, ``it-2026.1``, ``nl-2026.1`` and ``nl-2026.2`` have those from Monday to Friday only.
    ``worked_weekends`` are the Saturdays and Sundays that are worked. Both are known for the years
    ``first_year`` to ``last_year``; beyond, Monday to Friday are taken as working days, and what ends there
    is provisional. ``source``: who published them.
    """

    name: Text
    zone: Text
    first_year: int
    last_year: int
    source: Text
    holidays: tuple[Day, ...]
    worked_weekends: tuple[Day, ...] = ()

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no zone of the IANA database") from None
        return zone
