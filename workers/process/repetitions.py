"""Limiting what is logged repeatedly while a server is away, so that no log fills a disk."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

LIBRARIES = ("aiokafka", "temporalio")
OURS = ("network.broker",)
PROCEDURES = "temporalio.workflow"
"""The logger of our procedures: what they say is about one case and is never left out."""

WAITING = frozenset(
    {
        "event waits",
        "offsets not committed",
        "the consumer failed and is replaced",
        "cannot ask how far the ledger's topic reaches",
        "the archive waits for Kafka",
        "the archive's database does not take this; trying again",
    }
)
"""What else of ours says that something waits for a server."""

DISTINCT = 20
"""How many different lines of one kind are logged in a row: different cases, topics or brokers."""
FIRST_SECONDS, LONGEST_SECONDS = 60.0, 3600.0
KINDS_AT_MOST = 1000

_VARIABLE = re.compile(r"[\d{(\[\"'<]")
_NUMBER = re.compile(r"(?<![\w-])\d+(\.\d+)?(?![\w-])")


@dataclass
class _Told:
    """What was told of one kind of line.

    Attributes:
        texts: the different ones, since ``again_at`` was set.
        left_out: how many were not told since.
        again_at: when one is told although it was told before, in seconds of a clock that never steps.
    """

    again_at: float
    pause: float = FIRST_SECONDS
    texts: set[str] = field(default_factory=set)
    left_out: int = 0


class Repetitions(logging.Filter):
    """Lets a line through once, and again at growing intervals, with ``left_out``: how many of its kind were
    left out in between. Lines of one kind differ in names and numbers only.

    It concerns the libraries of the servers and our own lines that something waits for a server.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[tuple[str, int, str], _Told] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is logged."""
        event = record.msg.get("event") if isinstance(record.msg, dict) else None
        if not _concerns(record.name, event):
            return True
        text = _text(record)
        template = event or (str(record.msg) if record.args else text)
        told = self._of_kind((record.name, record.levelno, _VARIABLE.split(template, maxsplit=1)[0]))
        new = text not in told.texts and len(told.texts) < DISTINCT
        if not new and self._clock() < told.again_at:
            told.left_out += 1
            return False
        if not new:
            told.pause = min(2 * told.pause, LONGEST_SECONDS)
            told.again_at = self._clock() + told.pause
            told.texts.clear()
        told.texts.add(text)
        if told.left_out:
            if event:
                record.msg = record.msg | {"left_out": told.left_out}  # type: ignore[operator]
            else:
                record.left_out = told.left_out
            told.left_out = 0
        return True

    def _of_kind(self, kind: tuple[str, int, str]) -> _Told:
        """What was told of this kind. One that was quiet for long begins again."""
        now = self._clock()
        told = self._told.pop(kind, None)
        if told is None or now > told.again_at + told.pause:
            told = _Told(now + FIRST_SECONDS)
        self._told[kind] = told  # now the last one
        if len(self._told) > KINDS_AT_MOST:
            del self._told[next(iter(self._told))]
        return told


def _concerns(name: str, event: str | None) -> bool:
    if event in WAITING:
        return True
    return name.startswith(LIBRARIES + OURS) and not name.startswith(PROCEDURES)


def _text(record: logging.LogRecord) -> str:
    """What the line says, without its numbers."""
    if isinstance(record.msg, dict):
        said = str({name: value for name, value in record.msg.items() if name != "timestamp"})
    else:
        said = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    return _NUMBER.sub("#", f"{said} {error!r}" if error else said)
