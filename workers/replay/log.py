"""What a log is made of, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from contracts.dialogue import Reported
from contracts.identifiers import AgencyId


class LoggedStep(NamedTuple):
    """One recorded step: who reported it, when it happened as the log says, and what it was.

    ``closes``: it is the log's end of the case, and none of its recorded steps.
    """

    agency: AgencyId
    time: datetime
    report: Reported
    closes: bool = False


class LoggedCase(NamedTuple):
    """One recorded case: the application as it can be told from the log, and its steps in order."""

    reference: str
    received: datetime
    application: BaseModel
    steps: list[LoggedStep]


class BadLog(Exception):
    """A log that cannot be read; the message says where and why."""


Adapter = Callable[[Path], Iterator[LoggedCase]]
"""Reads a log of one format, case by case.

Raises:
    BadLog: it is not of that format.
"""
