"""Calendars that are published outside the package: files with the days of an authority, each one version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.errors import InvalidInput, Refusal, faults_of
from workers.process.json_file import read_json

NAME = re.compile(r"(?P<authority>[a-z][a-z0-9-]*)-(?P<year>[0-9]{4})\.(?P<number>[0-9]{1,4})")
"""The name of a version: the authority, the last year that is published, and a number that grows."""

LARGEST_FILE_BYTES = 1024 * 1024
"""A larger file is not a calendar: the days of a year take some hundred bytes."""

SATURDAY = 5


def version_of(name: str) -> tuple[str, tuple[int, int]] | None:
    """The authority of a calendar version, and which version it is: the later, the larger. None for a name
    that is none of a version, as ``compressed:1.5``."""
    found = NAME.fullmatch(name)
    return (found["authority"], (int(found["year"]), int(found["number"]))) if found else None


def read_days(file: Path) -> CalendarDays:
    """The days in a file; a file that does not say its ``name`` has it from its own name.

    Raises:
        InvalidInput: it cannot be read, or is not a calendar; says which fields are wrong and what to do.
    """
    content = _content(file)
    if not isinstance(content, dict):
        raise InvalidInput(f"{file} is not a calendar: write a JSON object with {', '.join(_fields())}")
    try:
        days = CalendarDays.model_validate({"name": file.stem} | content)
    except ValidationError as error:
        faults = [f"{fault.field or 'calendar'}: {fault.message}" for fault in faults_of(error)]
    else:
        faults = list(_faults(days))
        if not faults:
            return days
    raise InvalidInput(f"{file} is not a usable calendar\n" + "\n".join(f"  {each}" for each in faults))


def days_in(folder: Path, name: str) -> CalendarDays | None:
    """The days of the version ``name`` in a folder of calendars; None where there is no such file.

    Raises:
        InvalidInput: the file is not usable.
    """
    file = folder / f"{name}.json"
    if version_of(name) is None or not file.is_file():
        return None
    days = read_days(file)
    if days.name != name:
        raise InvalidInput(f"{file} says that its name is {days.name!r}; call the file {days.name}.json")
    return days


def names_in(folder: Path) -> list[str]:
    """The versions for which a folder has a file."""
    return sorted(file.stem for file in folder.glob("*.json") if version_of(file.stem))


def _content(file: Path) -> Any:
    try:
        return read_json(file, what="calendar", most=LARGEST_FILE_BYTES)
    except Refusal as refusal:
        raise InvalidInput(f"{file} is not a calendar: {refusal.detail}") from None


def _fields() -> Sequence[str]:
    return tuple(CalendarDays.model_fields)


def _faults(days: CalendarDays) -> Iterator[str]:
    """What is wrong with days that are well written: each with its field and the remedy."""
    if version_of(days.name) is None:
        yield f"name: {days.name!r} is not a version; write AUTHORITY-YEAR.NUMBER, as cn-2027.1"
    for field in days.model_extra or {}:
        yield f"{field}: a calendar has no such field; it has {', '.join(_fields())}"
    if days.first_year > days.last_year:
        yield f"last_year: {days.last_year} is before first_year, {days.first_year}; exchange them"
    for field, listed in (("holidays", days.holidays), ("worked_weekends", days.worked_weekends)):
        seen: set[date] = set()
        for number, day in enumerate(listed):
            place = f"{field}.{number}: {day}"
            if day in seen:
                yield f"{place} is listed twice; leave one out"
            seen.add(day)
            if not days.first_year <= day.year <= days.last_year:
                yield f"{place} is not in the years {days.first_year} to {days.last_year}; correct either"
            if listed is days.worked_weekends and day.weekday() < SATURDAY:
                yield f"{place} is a {day:%A}, which is not a weekend day; leave it out"
            if listed is days.holidays and day in days.worked_weekends:
                yield f"{place} is among worked_weekends, too; leave it out of one"
