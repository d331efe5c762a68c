"""Whether two ledgers say the same, where the clock of one of them goes on while its case works.

Such a case records a little later, so its hashes are others. Compared is every entry in all else that it
says, and each of its instants to the minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contracts.platform import Posting

CLOSE = timedelta(minutes=1)

OF_THE_CLOCK = {"hash", "previous", "data_digest", "salt", "ledger_hash"}
"""What differs wherever an instant does."""


def told(entry: dict[str, Any]) -> Any:
    """What is compared exactly, and the instants."""

    def plain(value: Any) -> Any:
        match value:
            case dict():
                return {key: plain(each) for key, each in value.items() if key not in OF_THE_CLOCK}
            case list():
                return [plain(each) for each in value]
            case str() if _instant(value):
                instants.append(_instant(value))
                return "an instant"
        return value

    instants: list[datetime | None] = []
    return plain(entry), instants


def letters_of(posting: Posting) -> list[dict[str, Any]]:
    """The messages that left with an entry, with their content."""
    data = posting.entry.data
    return [
        {
            "topic": each.topic,
            "type": each.type,
            "data": each.data if each.data is not None else data and data.content,
        }
        for each in posting.letters
    ]


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
